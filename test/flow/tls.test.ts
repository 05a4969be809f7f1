import { once } from 'node:events'
import { copyFileSync, renameSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import Fastify from 'fastify'
import { systemClock } from '../../src/clock.ts'
import type { Settings } from '../../src/config/index.ts'
import { sluice } from '../../src/index.ts'
import { simulate } from '../../src/simulate/simulate.ts'
import { testBroker } from '../kafka/broker.ts'
import { Authority, type Certified } from '../net/certificates.ts'
import { startGateway, type TestGateway } from './gateway.ts'
import { Lines } from './lines.ts'
import { Peer } from './peer.ts'
import { ask, shake } from './secure.ts'

const broker = await testBroker(t)
const authority = new Authority(t)
const { ca } = authority

async function secured (t: Test, more: Partial<Settings['tls']> = {}, { certFile, keyFile }: Pick<Certified, 'certFile' | 'keyFile'> = authority.server(), lines?: Lines): Promise<TestGateway> {
  return await startGateway(t, broker, { settings: { tls: { certFile, keyFile, ...more } }, ...(lines === undefined ? {} : { logger: lines.logger }) })
}

await t.test('https and wss, and nothing plain', async (t) => {
  const gateway = await secured(t)
  const device = await gateway.device('d', { tls: { ca } })
  await device.stored(1, 'over TLS')
  t.match(await ask(gateway.host, '/v1/devices', { ca }), { status: 200, body: { total: 1 } })
  t.match(await ask(gateway.host, '/readyz', { ca }), { status: 200, body: { status: 'ready' } })
  t.match(await ask(gateway.host, '/', { ca }), { status: 200 })
  t.match(await ask(gateway.host, '/v1/devices/d/messages', { ca, method: 'POST' }), { status: 400 })

  const plain = await Peer.connect(gateway.host)
  plain.socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await plain.ended
  t.notMatch(plain.received.toString('latin1'), 'HTTP')
  await t.rejects(Peer.upgraded(gateway.host, '/ws/d'))
  await t.rejects(ask(gateway.host, '/healthz'), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, 'who does not trust the authority does not connect')
  t.match(await device.stored(2, 'still there'), { id: 2 })
})

await t.test('old versions, and who talks nonsense, are refused without harm to others', async (t) => {
  const lines = new Lines('debug')
  const gateway = await secured(t, {}, authority.server(), lines)
  const device = await gateway.device('d', { tls: { ca } })
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    await t.rejects(shake(gateway.host, { ca, minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' }), { code: /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/ }, version)
  }
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = await shake(gateway.host, { ca, minVersion: version, maxVersion: version })
    t.equal(socket.getProtocol(), version)
    socket.destroy()
  }
  await t.rejects(shake(gateway.host, { ca, ciphers: 'NULL:RC4:DES:EXP@SECLEVEL=0', maxVersion: 'TLSv1.2' }), 'no weak cipher')
  for (const bytes of [Buffer.alloc(300, 0xff), Buffer.from([22, 3, 1, 0xff, 0xff]), Buffer.from('\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03')]) {
    const peer = await Peer.connect(gateway.host)
    peer.socket.end(bytes)
    await peer.ended
  }
  t.match(await lines.says(/TLS handshake/), /^A TLS handshake with 127\.0\.0\.1 failed: /)
  t.match(await device.stored(1, 1), { id: 1 })
})

await t.test('a handshake is not begun anew', async (t) => {
  const gateway = await secured(t)
  const device = await gateway.device('d', { tls: { ca } })
  const socket = await shake(gateway.host, { ca, maxVersion: 'TLSv1.2' })
  socket.on('error', () => {})
  const error = await new Promise<Error | null>((resolve) => {
    socket.once('close', () => resolve(new Error('closed')))
    socket.renegotiate({ rejectUnauthorized: true }, resolve)
  })
  t.type(error, Error)
  socket.destroy()
  t.match(await device.stored(1, 1), { id: 1 })
})

await t.test('TLS 1.3 alone, where that is set', async (t) => {
  const gateway = await secured(t, { minVersion: 'TLSv1.3' })
  await t.rejects(shake(gateway.host, { ca, maxVersion: 'TLSv1.2' }), { code: /PROTOCOL_VERSION/ })
  t.match(await ask(gateway.host, '/healthz', { ca }), { status: 200 })
})

await t.test('a certificate that is renewed is shown to who comes after that, and old sockets live on', async (t) => {
  const lines = new Lines()
  const [first, second, third] = [authority.server('one'), authority.server('two'), authority.server('three')] as const
  const [certFile, keyFile] = [join(authority.folder, 'live.pem'), join(authority.folder, 'live.key')]
  copyFileSync(first.certFile, certFile)
  copyFileSync(first.keyFile, keyFile)
  const gateway = await secured(t, {}, { certFile, keyFile }, lines)
  const shown = async (session?: Buffer): Promise<{ name: string | undefined, resumed: boolean }> => {
    const socket = await shake(gateway.host, { ca, maxVersion: 'TLSv1.2', ...(session === undefined ? {} : { session }) })
    const is = { name: /CN=(.*)/.exec(socket.getPeerX509Certificate()?.subject ?? '')?.[1], resumed: socket.isSessionReused() }
    socket.destroy()
    return is
  }
  const device = await gateway.device('d', { tls: { ca } })
  t.match(await shown(), { name: 'one' })
  const before = await shake(gateway.host, { ca, maxVersion: 'TLSv1.2' })
  const session = before.getSession() as Buffer
  before.destroy()
  t.match(await shown(session), { resumed: true })

  writeFileSync(certFile, second.cert.slice(0, 300))
  await lines.says(/live\.pem", which holds no certificate in PEM\. What was read before stays in force/)
  writeFileSync(certFile, second.cert)
  await lines.says(/tls\.keyFile names .*live\.key", which is not the key of the certificate in tls\.certFile/)
  t.match(await shown(), { name: 'one' }, 'half a renewal is none')
  writeFileSync(keyFile, second.key)
  await lines.says(/read anew; the certificate is good until 20/)
  t.match(await shown(session), { name: 'two', resumed: false }, 'nor does a ticket of before help past it')
  t.match(await device.stored(1, 'on the old socket'), { id: 1 })

  // As Kubernetes does it, by renaming: both at once.
  for (const [from, to] of [[third.certFile, certFile], [third.keyFile, keyFile]] as const) {
    copyFileSync(from, `${to}.new`)
    renameSync(`${to}.new`, to)
  }
  while ((await shown()).name !== 'three');
  renameSync(keyFile, `${keyFile}.away`)
  await lines.says(/live\.key", which cannot be read: ENOENT/)
  t.match(await shown(), { name: 'three' })
  t.match(await device.stored(2, 'still'), { id: 2 })
  t.notMatch(lines.said.join('\n'), /PRIVATE/)
})

await t.test('an expired certificate is told', async (t) => {
  const lines = new Lines()
  await secured(t, {}, authority.issue('/CN=old', { year: 2020 }), lines)
  await lines.says(/The certificate in tls\.certFile has expired, at 2020-12-31T23:59:59/)
})

await t.test('who does not finish the handshake does not hold up the end', async (t) => {
  const gateway = await secured(t)
  const [hostname, port] = gateway.host.split(':')
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  await once(socket, 'connect')
  const ended = once(socket, 'close')
  await ask(gateway.host, '/healthz', { ca }) // by now the server has let it in
  const from = performance.now()
  await gateway.app.close()
  t.ok(performance.now() - from < 3_000, `${Math.round(performance.now() - from)} ms`)
  await ended
})

await t.test('simulated devices come over TLS too', async (t) => {
  const gateway = await secured(t)
  const page = await gateway.device('page', { tls: { ca } })
  page.send('{"type":"watch","device":"*"}')
  await page.nextOf('watching')
  const stop = simulate(gateway.host, 1, systemClock, gateway.app.tls)
  t.teardown(async () => stop())
  t.match(await page.nextOf('message'), { device: 'simulated-1' })
})

await t.test('as a plugin it leaves TLS to the server', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await t.rejects(async () => { await app.register(sluice, { embedded: { port: 0 }, tls: { minVersion: 'TLSv1.3' } }) }, { message: /tls is set, but a plugin does not listen/ })
})
