import Fastify from 'fastify'
import t from 'tap'
import { addressOf, peerOf, Proxies } from '../../src/http/client-address.ts'

/** The address that a request from `peer` with that header is taken to come from. */
async function address (trusted: string[], peer: string, forwarded?: string | string[]): Promise<string> {
  const proxies = new Proxies(trusted)
  const app = Fastify()
  app.addHook('onRequest', async (request) => proxies.learn(request))
  app.get('/', (request) => `${peerOf(request)} ${addressOf(request)}`)
  const { body } = await app.inject({ url: '/', remoteAddress: peer, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } })
  await app.close()
  const [ours, theirs] = body.split(' ') as [string, string]
  t.equal(ours, peer.replace('::ffff:', ''))
  return theirs
}

await t.test('who is not trusted speaks for nobody', async t => {
  t.equal(await address([], '10.0.0.1', '1.2.3.4'), '10.0.0.1')
  t.equal(await address(['10.0.0.2'], '10.0.0.1', '1.2.3.4'), '10.0.0.1')
  t.equal(await address(['10.0.0.0/31'], '10.0.0.2', '1.2.3.4, 10.0.0.1'), '10.0.0.2')
})

await t.test('of what trusted proxies say, the last that none of them has is the caller', async t => {
  t.equal(await address(['10.0.0.1'], '10.0.0.1', '1.2.3.4'), '1.2.3.4')
  t.equal(await address(['10.0.0.1'], '10.0.0.1'), '10.0.0.1')
  t.equal(await address(['10.0.0.1'], '::ffff:10.0.0.1', '1.2.3.4'), '1.2.3.4')
  t.equal(await address(['10.0.0.1'], '10.0.0.1', '127.0.0.1, 6.6.6.6, 1.2.3.4'), '1.2.3.4', 'before it stands what he says himself')
  t.equal(await address(['10.0.0.0/8', 'fd00::/8'], 'fd00::1', '6.6.6.6,1.2.3.4 , 10.9.9.9,10.8.8.8'), '1.2.3.4')
  t.equal(await address(['10.0.0.0/8'], '10.0.0.1', '10.0.0.3, 10.0.0.2'), '10.0.0.3', 'a proxy asks for itself')
  t.equal(await address(['10.0.0.1'], '10.0.0.1', ['1.2.3.4', '5.6.7.8']), '5.6.7.8')
  t.equal(await address(['10.0.0.1'], '10.0.0.1', '2001:db8::1'), '2001:db8::1')
  t.equal(await address(['10.0.0.1'], '10.0.0.1', '::ffff:1.2.3.4'), '1.2.3.4')
})

await t.test('what is no address ends it', async t => {
  for (const garbage of ['', 'unknown', '1.2.3', '"[::1]:80"', '127.0.0.1:80', ',', '1.2.3.4,']) t.equal(await address(['10.0.0.1'], '10.0.0.1', garbage), '10.0.0.1', garbage)
})

await t.test('whose proxy is not named is told so, once of each', async (t) => {
  const told: string[] = []
  const proxies = new Proxies(['10.0.0.1'], (sentence) => told.push(sentence))
  const app = Fastify()
  app.addHook('onRequest', async (request) => proxies.learn(request))
  app.get('/', () => '')
  const ask = async (remoteAddress: string, forwarded?: string): Promise<unknown> => await app.inject({ url: '/', remoteAddress, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } })
  await ask('10.0.0.2')
  await ask('10.0.0.1', '10.0.0.9')
  t.strictSame(told, [])
  for (let n = 0; n < 2; n++) await ask('10.0.0.2', '10.0.0.9')
  t.match(told, [/^A request came with X-Forwarded-For from 10\.0\.0\.2, which http\.trustedProxies does not name\./])
  t.equal(told.length, 1)
  for (let n = 3; n < 30; n++) await ask(`10.0.0.${n}`, '10.0.0.9')
  t.match(told[1], /from 10\.0\.0\.3,/, 'of each')
  t.equal(told.length, 16, 'but not for ever')
  await app.close()
})

await t.test('an in-memory pair is this process', async t => {
  t.equal(peerOf({ raw: {} } as never), 'localhost')
  t.equal(addressOf({ raw: {} } as never), 'localhost')
  t.notOk(new Proxies(['127.0.0.1']).has('localhost'))
})
