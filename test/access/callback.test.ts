/** The callback, asked over HTTP: up, slow, down, hostile; cached and shared. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import type { Method } from '../../src/access/access.ts'
import { Access } from '../../src/access/access.ts'
import { createCallback } from '../../src/access/callback.ts'
import type { Handshake } from '../../src/access/handshake.ts'
import { NOBODY, type Identity } from '../../src/access/identity.ts'
import { Policy } from '../../src/access/policy.ts'
import { systemClock, type Clock } from '../../src/clock.ts'
import { defaults, type DeepPartial, type Settings } from '../../src/config/index.ts'
import { Problem } from '../../src/protocol/problem.ts'
import { mistakesOf } from '../config/given.ts'
import { HeldClock } from '../flow/held-clock.ts'
import { CallbackServer, reply } from './callback-server.ts'
import { handshake } from './given.ts'

type Http = DeepPartial<Settings['auth']['http']>

interface Asking {
  log: string[]
  close: () => void
  /** Who comes, or `code: sentence`. */
  ask: (handshake: Handshake, mayBeNobody?: boolean) => Promise<Identity | string>
}

function asking (t: Test, http: Http, { methods = [], clock = systemClock }: { methods?: Method[], clock?: Clock } = {}): Asking {
  const closing = new AbortController()
  t.teardown(() => closing.abort())
  const log: string[] = []
  const tell = (sentence: string): void => { log.push(sentence) }
  const callback = createCallback(defaults({ auth: { http } }).auth, { clock, log: { info: tell, warn: tell }, closing: closing.signal })
  const access = new Access(new Policy(), { methods, callback })
  return {
    log,
    close: () => closing.abort(),
    ask: async (handshake, mayBeNobody = false) => await access.identify(handshake, mayBeNobody).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error
      return `${error.code}${error.retryAfterS === undefined ? '' : ` after ${error.retryAfterS} s`}: ${error.message}`
    })
  }
}

const AWAY = /^login-unavailable after 5 s: /
const asToken: CallbackServer['answer'] = ({ token }, response) => reply(response, 200, { device: token })

await t.test('it is asked with what the caller brought, and its answer is who comes', async (t) => {
  const server = await CallbackServer.listen(t)
  const secretFile = join(t.testdir(), 'secret')
  writeFileSync(secretFile, `${'s'.repeat(43)}=\n`)
  const { ask } = asking(t, { url: server.url, secretFile })
  const heads: unknown[] = []
  server.answer = (_question, response, { method, url, headers }) => {
    heads.push([method, url, headers['content-type'], headers.authorization])
    reply(response, 200, { device: 'd', groups: ['g'], watch: ['x*'], lifetimeMs: 60_000 })
  }
  const certificate = { commonName: 'cn', subjectAltName: undefined, fingerprint: 'AA:BB', expiresMs: 4_070_908_800_000 }
  const from = Date.now()
  const who = await ask({ address: '203.0.113.7', origin: 'https://app.example.com', device: 'd', token: 'secret', certificate, headers: { cookie: 'c' }, opensSocket: true }) as Identity
  t.match(who, { by: 'callback', subject: 'd', device: 'd', roles: ['device'], groups: ['g'], watch: ['x*'] })
  t.ok((who.expiresMs as number) >= from + 60_000 && (who.expiresMs as number) <= Date.now() + 60_000)
  t.strictSame(heads, [['POST', '/who', 'application/json', `Bearer ${'s'.repeat(43)}=`]])
  t.strictSame(server.questions, [{ address: '203.0.113.7', origin: 'https://app.example.com', device: 'd', token: 'secret', certificate: { commonName: 'cn', fingerprint: 'AA:BB', expiresMs: 4_070_908_800_000 } }])
  await ask({ ...handshake('t'), device: 'no device id!' })
  t.strictSame(server.questions[1], { address: '127.0.0.1', token: 't' }, 'what is not known is left out')
})

await t.test('it refuses', async (t) => {
  const server = await CallbackServer.listen(t)
  const { ask, log } = asking(t, { url: server.url })
  for (const [status, body, told] of [
    [401, {}, 'bad-credentials: Your credentials are not good enough to come in here.'],
    [403, { message: 'This device was sold.' }, 'forbidden: This device was sold.'],
    [401, { message: 'x'.repeat(10_000) }, 'bad-credentials: Your credentials are not good enough to come in here.'],
    [403, 'x'.repeat(1_000_000), 'forbidden: Your credentials are not good enough to come in here.'],
    [200, { device: 'd', expiresMs: 1 }, 'bad-credentials: Your credentials have expired.']
  ] as const) {
    server.answer = (_question, response) => reply(response, status, body)
    t.equal(await ask(handshake('t')), told)
  }
  t.equal(server.questions.length, 5, 'what is refused is asked anew')
  t.same(log, [])
})

await t.test('who is asked about: those whom no other login knows, and not those who bring nothing where that will do', async (t) => {
  const server = await CallbackServer.listen(t, asToken)
  const known: Identity = { by: 'key', subject: 'k', device: 'k', roles: ['device'], groups: [], watch: [] }
  const methods: Method[] = [({ token }) => token === 'known' ? Promise.resolve(known) : token === 'bad' ? Promise.reject(new Problem('bad-credentials')) : undefined]
  const { ask } = asking(t, { url: server.url }, { methods })
  t.equal(await ask(handshake('known')), known)
  t.match(await ask(handshake('bad')), /^bad-credentials/)
  t.equal(await ask(handshake(undefined), true), NOBODY)
  t.equal(server.questions.length, 0)
  t.match(await ask(handshake('new'), true), { by: 'callback', device: 'new' })
  server.answer = ({ certificate, token }, response) => reply(response, certificate === undefined ? 401 : 200, { device: `${token}-c` })
  t.match(await ask({ ...handshake(undefined), certificate: { commonName: 'c', subjectAltName: undefined, fingerprint: 'AA', expiresMs: 4_070_908_800_000 } }, true), { device: 'undefined-c' })
  t.match(await ask(handshake(undefined)), /^bad-credentials/)
})

await t.test('always: about those whom another login knows, too, whose token goes no further', async (t) => {
  const server = await CallbackServer.listen(t, ({ identity }, response) => reply(response, 200, identity === undefined ? { roles: ['service'] } : { groups: ['g'] }))
  const redeem = (): void => {}
  const known: Identity = { by: 'ticket', subject: 'k', device: 'k', roles: ['device'], groups: [], watch: [], tokenId: 'j', redeem }
  const { ask } = asking(t, { url: server.url, when: 'always' }, { methods: [({ token }) => token === 'known' ? Promise.resolve(known) : undefined] })
  t.strictSame(await ask(handshake('known')), { ...known, groups: ['g'], expiresMs: undefined })
  t.strictSame(server.questions[0], { address: '127.0.0.1', identity: { by: 'ticket', subject: 'k', device: 'k', roles: ['device'], groups: [], watch: [], tokenId: 'j' } })
  t.match(await ask(handshake('other')), { by: 'callback', roles: ['service'] })
  t.equal(server.questions[1]?.token, 'other')
  t.match(await ask(handshake(undefined), true), { by: 'callback', roles: ['service'] })
  server.answer = (_question, response) => reply(response, 403, {})
  t.match(await ask({ ...handshake('known'), device: 'k' }), /^forbidden: /)
})

await t.test('a token is passed on only where that is wanted', async (t) => {
  const server = await CallbackServer.listen(t, (_question, response) => reply(response, 200, { device: 'd' }))
  const { ask } = asking(t, { url: server.url, passToken: false })
  await ask(handshake('secret'))
  t.strictSame(server.questions, [{ address: '127.0.0.1' }])
})

await t.test('an answer is good for a while, for the same question; what it allowed ends when it says', async (t) => {
  const clock = new HeldClock()
  const server = await CallbackServer.listen(t, asToken)
  const { ask } = asking(t, { url: server.url, cacheMs: 60_000 }, { clock })
  for (let n = 0; n < 3; n++) t.match(await ask(handshake('a')), { device: 'a' })
  t.equal(server.questions.length, 1)
  for (const other of [handshake('b'), { ...handshake('a'), address: '127.0.0.2' }, { ...handshake('a'), device: 'a' }, { ...handshake('a'), origin: 'https://a.example' }]) await ask(other)
  t.equal(server.questions.length, 5, 'any other question is asked')
  clock.advance(60_000)
  await ask(handshake('a'))
  t.equal(server.questions.length, 6)
  server.answer = (_question, response) => reply(response, 200, { device: 'd', lifetimeMs: 1_000 })
  await ask(handshake('c'))
  t.match(await ask(handshake('c')), { expiresMs: clock.now() + 1_000 })
  t.equal(server.questions.length, 7)
  clock.advance(1_000)
  t.match(await ask(handshake('c')), { expiresMs: clock.now() + 1_000 })
  t.equal(server.questions.length, 8)
})

await t.test('who asks the same at the same time hears the same, and not too many are asked at once', async (t) => {
  const server = await CallbackServer.listen(t)
  const waiting: Array<() => void> = []
  server.answer = ({ token }, response) => { waiting.push(() => reply(response, 200, { device: token })) }
  const { ask } = asking(t, { url: server.url, timeoutMs: 30_000 })
  const same = Array.from({ length: 100 }, () => ask(handshake('same')))
  await server.askedTimes(1)
  waiting.splice(0).forEach((answer) => answer())
  t.match(await Promise.all(same), Array.from({ length: 100 }, () => ({ device: 'same' })))
  t.equal(server.questions.length, 1)

  const others = Promise.all(Array.from({ length: 200 }, (_, n) => ask(handshake(`d${n}`))))
  for (let asked = 65; asked < 201; asked++) {
    await server.askedTimes(asked)
    waiting.shift()!()
  }
  await server.askedTimes(201)
  waiting.splice(0).forEach((answer) => answer())
  t.match(await others, Array.from({ length: 200 }, (_, n) => ({ device: `d${n}` })))
  t.equal(server.mostAtOnce, 64)
})

await t.test('slow: nobody waits longer than its time, in line neither', async (t) => {
  const server = await CallbackServer.listen(t, () => {})
  const { ask, log } = asking(t, { url: server.url, timeoutMs: 300 })
  const from = performance.now()
  const told = await Promise.all(Array.from({ length: 200 }, (_, n) => ask(handshake(`d${n}`))))
  for (const one of told) t.match(one, AWAY)
  t.ok(performance.now() - from < 3_000, 'all at the same time')
  t.same(log, ['The callback (auth.http.url) cannot be asked: it did not answer within 300 ms. Callers are told to come back.'], 'told once')
  server.answer = (_question, response) => { response.writeHead(200).write('{"device":') }
  t.match(await ask(handshake('t')), AWAY, 'the body counts, too')
  server.answer = (_question, response) => { response.writeHead(401).write('{"message":') }
  t.match(await ask(handshake('t')), /^bad-credentials: /)
  server.answer = asToken
  t.match(await ask(handshake('t')), { device: 't' })
  t.equal(log.at(-1), 'The callback (auth.http.url) answers again.')
})

await t.test('down, hostile, or wrong: callers are told to come back, and the operator why', async (t) => {
  const server = await CallbackServer.listen(t, asToken)
  const elsewhere = await CallbackServer.listen(t, asToken)
  const clock = new HeldClock()
  const { ask, log } = asking(t, { url: server.url }, { clock })
  const cases: Array<[CallbackServer['answer'], RegExp]> = [
    [(_question, response) => { response.writeHead(302, { location: elsewhere.url }).end() }, /it answered 302/],
    [(_question, response) => { response.writeHead(307, { location: elsewhere.url }).end() }, /it answered 307/],
    [(_question, response) => reply(response, 500, { device: 'd' }), /it answered 500/],
    [(_question, response) => reply(response, 201, { device: 'd' }), /it answered 201/],
    [(_question, response) => { response.writeHead(204).end() }, /it answered 204/],
    [(_question, response) => reply(response, 200, ''), /its answer is not JSON/],
    [(_question, response) => reply(response, 200, '<html>'), /its answer is not JSON/],
    [(_question, response) => reply(response, 200, { device: 7 }), /its answer has a device that it cannot have/],
    [(_question, response) => reply(response, 200, { device: 'd', admin: true }), /its answer has "admin", which is no part of one/],
    [(_question, response) => { response.destroy() }, /UND_ERR_SOCKET|ECONNRESET/],
    [(_question, response) => {
      response.writeHead(200)
      const more = (): void => { while (!response.destroyed && response.write('x'.repeat(16_384))); }
      response.on('drain', more)
      more()
    }, /its answer is longer than 65536 bytes/]
  ]
  for (const [answer, reason] of cases) {
    server.answer = answer
    clock.advance(10_000)
    t.match(await ask(handshake('t')), AWAY)
    t.match(log.at(-1), reason)
  }
  t.equal(log.length, cases.length)
  t.equal(elsewhere.questions.length, 0, 'no redirect was followed')
  await server.stop()
  clock.advance(10_000)
  t.match(await ask(handshake('t')), AWAY)
  t.match(log.at(-1), 'ECONNREFUSED')
  await server.start()
  server.answer = asToken
  t.match(await ask(handshake('t')), { device: 't' })
  for (const sentence of log) t.notMatch(sentence, /"t"|x{20}/, 'nothing of a question or an answer is written down')
})

await t.test('onFailure cached: while it is down its last answers stay good, until they end', async (t) => {
  const clock = new HeldClock()
  const server = await CallbackServer.listen(t, ({ token }, response) => reply(response, 200, { device: token, ...(token === 'short' ? { lifetimeMs: 90_000 } : {}) }))
  const { ask, log } = asking(t, { url: server.url, onFailure: 'cached' }, { clock })
  const other = asking(t, { url: server.url }, { clock })
  for (const one of [ask, other.ask]) {
    await one(handshake('long'))
    await one(handshake('short'))
  }
  await server.stop()
  clock.advance(60_000)
  t.match([await ask(handshake('long')), await ask(handshake('short'))], [{ device: 'long' }, { device: 'short' }])
  t.match(await ask(handshake('new')), AWAY)
  t.match(log, [/ECONNREFUSED\. Its last answers stay good; others are told to come back\.$/])
  t.match(await other.ask(handshake('long')), AWAY, 'refuse is the default')
  clock.advance(30_000)
  t.match([await ask(handshake('long')), await ask(handshake('short'))], [{ device: 'long' }, AWAY])
  await server.start()
  server.answer = (_question, response) => reply(response, 401, {})
  t.match(await ask(handshake('long')), /^bad-credentials/)
  await server.stop()
  t.match(await ask(handshake('long')), AWAY, 'what was refused since is forgotten')
})

await t.test('closing ends what is asked, and nothing is asked after it', async (t) => {
  const server = await CallbackServer.listen(t, () => {})
  const { ask, log, close } = asking(t, { url: server.url, timeoutMs: 60_000 })
  const asked = ask(handshake('t'))
  await server.askedTimes(1)
  close()
  t.match(await asked, AWAY)
  t.match(await ask(handshake('u')), AWAY)
  t.equal(server.questions.length, 1)
  t.same(log, [])
})

await t.test('no secret that no header can have', async (t) => {
  const secretFile = join(t.testdir(), 'secret')
  const mistakes = (secret: string): readonly string[] => {
    writeFileSync(secretFile, secret)
    return mistakesOf(() => asking(t, { url: 'https://a.example/', secretFile }))
  }
  t.match(mistakes('short'), [/^auth\.http\.secretFile names ".*", which holds a secret of 5 bytes/])
  t.match(mistakes(`${'x'.repeat(40)}\r\nx-admin: 1`), [/^auth\.http\.secretFile names ".*", which holds a secret with characters that no header can have; /])
  t.match(mistakes('x'.repeat(40)), [])
})
