import { generateKeyPairSync } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { HeldClock } from '../flow/held-clock.ts'
import { givenAccess, type GivenAccess } from './given.ts'
import { pairs, token, type Pair } from './issuer.ts'
import { jwk, KeyServer } from './key-server.ts'

const first = pairs.rsa()
const second = pairs.p256()
const FIRST = jwk(first.publicKey, { kid: 'first', use: 'sig', alg: 'RS256' })
const SECOND = jwk(second.publicKey, { kid: 'second' })
const ofFirst = await token(first.privateKey, { alg: 'RS256', kid: 'first' }, { exp: 9_999_999_999 })
const ofSecond = await token(second.privateKey, { alg: 'ES256', kid: 'second' }, { exp: 9_999_999_999 })
const REFRESH_MS = 60_000
const COOLDOWN_MS = 10_000
const GOOD = { device: 'sensor-1' }
const UNAVAILABLE = /^login-unavailable: /
const UNKNOWN_KEY = /^bad-credentials: Your token is signed by a key that its issuer does not have/

type Test = Parameters<typeof givenAccess>[0]

async function accessBy (t: Test, server: { url: string }, clock: HeldClock, jwt: object = {}): Promise<GivenAccess> {
  return await givenAccess(t, { jwt: { jwksUrl: server.url, audience: undefined as never, jwksRefreshMs: REFRESH_MS, jwksTimeoutMs: 300, ...jwt } }, clock)
}

/** Until it is so: what was fetched counts a moment after it was sent. */
async function until (isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!await isSo()) await new Promise((resolve) => setImmediate(resolve))
}

await t.test('the set is fetched before anybody comes, and who comes meanwhile waits', async (t) => {
  const server = await KeyServer.listen(t)
  let answer = (): void => {}
  server.answer = (_request, response) => { answer = () => response.end(JSON.stringify({ keys: [FIRST] })) }
  const { login } = await accessBy(t, server, new HeldClock())
  const logins = [login(ofFirst), login(ofFirst)]
  await server.askedTimes(1)
  answer()
  t.match(await Promise.all(logins), [GOOD, GOOD])
  t.equal(server.asked, 1)
})

await t.test('keys of the issuer come and go', async (t) => {
  const clock = new HeldClock()
  const server = await KeyServer.listen(t, [FIRST])
  const { login } = await accessBy(t, server, clock)
  t.match(await login(ofFirst), GOOD)
  server.serve([FIRST, SECOND])
  clock.advance(COOLDOWN_MS)
  t.match(await login(ofSecond), GOOD, 'a new key is looked for at once')
  t.equal(server.asked, 2)
  server.serve([SECOND])
  t.match(await login(ofFirst), GOOD, 'one that was taken away counts until the next fetch')
  clock.advance(REFRESH_MS)
  await until(async () => typeof await login(ofFirst) === 'string')
  t.match(await login(ofFirst), UNKNOWN_KEY)
  t.match(await login(ofSecond), GOOD)
  t.equal(server.asked, 3)
})

await t.test('unknown keys have the set fetched once per cooldown, however many come', async (t) => {
  const clock = new HeldClock()
  const server = await KeyServer.listen(t, [FIRST])
  const { login } = await accessBy(t, server, clock)
  t.match(await login(ofFirst), GOOD)
  for (let n = 0; n < 20; n++) t.match(await login(ofSecond), UNKNOWN_KEY)
  t.equal(server.asked, 1, 'it was fetched a moment ago')
  for (let round = 2; round < 5; round++) {
    clock.advance(COOLDOWN_MS)
    t.match(await Promise.all(Array.from({ length: 50 }, () => login(ofSecond))), Array(50).fill(UNKNOWN_KEY))
    t.match(await login(ofSecond), UNKNOWN_KEY)
    t.equal(server.asked, round)
  }
})

await t.test('away at the start: nobody is refused for good, and it is tried again', async (t) => {
  const clock = new HeldClock()
  const server = await KeyServer.listen(t)
  server.answer = (_request, response) => { response.writeHead(500).end('no') }
  const { login, log } = await accessBy(t, server, clock)
  t.match(await login(ofFirst), UNAVAILABLE)
  t.match(await login('x.y.z'), /cannot be read as a JWT/, 'what is no good anyhow is told')
  t.match(log[1], /^The key set at 127\.0\.0\.1:\d+ \(auth\.jwt\.jwksUrl\) cannot be fetched: it answered 500, and not 200\. Nobody can log in by JWT; it is tried again\.$/)
  for (const waitMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    const { asked } = server
    clock.advance(waitMs - 1)
    t.equal(server.asked, asked)
    await advanced(clock, server, 1)
    t.match(await login(ofFirst), UNAVAILABLE)
    await settled(clock)
  }
  t.equal(log.length, 2, 'it is told once')
  server.serve([FIRST])
  await advanced(clock, server, 30_000)
  await until(async () => typeof await login(ofFirst) !== 'string')
  t.match(log[2], /^The key set at 127\.0\.0\.1:\d+ can be fetched again\.$/)
  const { asked } = server
  clock.advance(REFRESH_MS - 1)
  t.equal(server.asked, asked)
  await advanced(clock, server, 1)
})

/** Moves on, and waits for the fetch that is due then. */
async function advanced (clock: HeldClock, server: KeyServer, ms: number): Promise<void> {
  const { asked } = server
  clock.advance(ms)
  await server.askedTimes(asked + 1)
}

/** The loop waits again: its fetch has been told as failed. */
async function settled (clock: HeldClock): Promise<void> { await until(() => clock.waiting > 0) }

/** What an address may answer that is hostile, or broken. */
const endless: RequestListener = (_request, response) => {
  const more = (): void => { while (!response.destroyed && response.write('{"keys":[' + ' '.repeat(65_536))); }
  response.on('drain', more)
  more()
}
const text = (body: string | Buffer, status = 200, headers = {}): RequestListener => (_request, response) => { response.writeHead(status, headers).end(body) }
const json = (value: unknown): RequestListener => text(JSON.stringify(value))
const hostile: Array<[string, RequestListener, RegExp]> = [
  ['no answer', () => {}, /timed out/],
  ['a head and no body', (_request, response) => { response.writeHead(200, { 'content-length': 100 }).flushHeaders() }, /timed out/],
  ['a body that trickles', (_request, response) => {
    const timer = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(timer))
  }, /timed out/],
  ['an endless body', endless, /longer than 262144 bytes/],
  ['an endless body of an error', (request, response) => { endless(request, response.writeHead(500)) }, /answered 500/],
  ['a huge body', text(`{"keys":[${' '.repeat(10_000_000)}]}`), /longer than 262144 bytes/],
  ['a small body that grows', text(gzipSync(Buffer.alloc(50_000_000, ' ')), 200, { 'content-encoding': 'gzip' }), /longer than 262144 bytes/],
  ['what is not gzip', text('x', 200, { 'content-encoding': 'gzip' }), /./],
  ['nothing', text(''), /no key set in JSON/],
  ['a page', text('<!doctype html><title>Log in</title>', 200, { 'content-type': 'text/html' }), /no key set in JSON/],
  ['no JSON', text('{"keys":['), /no key set in JSON/],
  ...[null, 1, [], {}, { keys: {} }, { keys: 'x' }, { keys: null }].map((value): [string, RequestListener, RegExp] => [JSON.stringify(value), json(value), /no key set in JSON/]),
  ...[[1], [null], [[]], ['x']].map((keys): [string, RequestListener, RegExp] => [`keys ${JSON.stringify(keys)}`, json({ keys }), /malformed/]),
  ['thousands of keys', json({ keys: Array(2_000).fill({ kty: 'oct' }) }), /more than 100 keys/],
  ['nested without end', text(`{"keys":[{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}]}`), /./],
  ...[301, 302, 307, 308].map((status): [string, RequestListener, RegExp] => [`${status}`, (_request, response) => { response.writeHead(status, { location: elsewhere.url }).end() }, new RegExp(`answered ${status}`)]),
  ...[204, 400, 401, 404, 429, 500, 503].map((status): [string, RequestListener, RegExp] => [`${status}`, text('', status), new RegExp(`answered ${status}`)]),
  ['a connection that is cut', (request) => { request.socket.destroy() }, /./],
  ['a body that is cut', (request, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('{"keys":')
    setImmediate(() => request.socket.destroy())
  }, /./]
]
const elsewhere = await KeyServer.listen(t, [SECOND])

await t.test('what is hostile or broken changes nothing: the keys from before stay good', async (t) => {
  for (const [name, answer, reason] of hostile) {
    const clock = new HeldClock()
    const server = await KeyServer.listen(t, [FIRST])
    const { login, log, close } = await accessBy(t, server, clock)
    t.match(await login(ofFirst), GOOD)
    server.answer = answer
    const startMs = performance.now()
    clock.advance(REFRESH_MS)
    t.match(await login(ofFirst), GOOD, `${name}: nobody waits for it`)
    await until(() => log.length > 1)
    t.ok(performance.now() - startMs < 3_000, `${name}: in time`)
    t.match(log[1], new RegExp(`cannot be fetched: .*(?:${reason.source}).* The keys from before stay good for now`), name)
    t.match(await login(ofFirst), GOOD, name)
    t.match(await login(ofSecond), UNAVAILABLE, `${name}: whether there is a new key cannot be known`)
    close()
    await server.close()
  }
  t.equal(elsewhere.asked, 0, 'redirects are not followed')
})

await t.test('keys that cannot be fetched for too long count no more', async (t) => {
  const clock = new HeldClock()
  const server = await KeyServer.listen(t, [FIRST])
  const { login, log } = await accessBy(t, server, clock, { jwksMaxAgeMs: 3_600_000 })
  t.match(await login(ofFirst), GOOD)
  await server.close()
  clock.advance(REFRESH_MS)
  await until(() => log.length > 1)
  clock.advance(3_600_000 - REFRESH_MS)
  t.match(await login(ofFirst), GOOD)
  clock.advance(1)
  t.match(await login(ofFirst), UNAVAILABLE)
})

await t.test('a bound that is shorter than the time between two fetches counts only while the set cannot be fetched', async (t) => {
  const clock = new HeldClock()
  const server = await KeyServer.listen(t, [FIRST])
  const { login, log } = await accessBy(t, server, clock, { jwksMaxAgeMs: 10_000 })
  t.match(await login(ofFirst), GOOD)
  clock.advance(REFRESH_MS - 1)
  t.match(await login(ofFirst), GOOD)
  await server.close()
  clock.advance(1)
  await until(() => log.length > 1)
  t.match(log[1], /Nobody can log in by JWT/)
  t.match(await login(ofFirst), UNAVAILABLE)
})

await t.test('keys that a set may hold, and must not be used', async (t) => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const keys: Array<[string, object, Pair, string, RegExp]> = [
    ['for encryption', jwk(first.publicKey, { kid: 'a', use: 'enc' }), first, 'RS256', UNKNOWN_KEY],
    ['for other operations', jwk(first.publicKey, { kid: 'a', key_ops: ['sign'] }), first, 'RS256', UNKNOWN_KEY],
    ['for another algorithm', jwk(first.publicKey, { kid: 'a', alg: 'PS256' }), first, 'RS256', UNKNOWN_KEY],
    ['of another curve', jwk(second.publicKey, { kid: 'a', crv: 'P-384' }), second, 'ES256', UNKNOWN_KEY],
    ['too short', jwk(weak.publicKey, { kid: 'a' }), weak, 'RS256', /cannot be used/],
    ['a private one', jwk(first.privateKey, { kid: 'a' }), first, 'RS256', /cannot be used/],
    ['not on its curve', jwk(second.publicKey, { kid: 'a', x: 'AAAA' }), second, 'ES256', /cannot be used/],
    ['an unknown kind', { kty: 'XYZ', kid: 'a' }, first, 'RS256', UNKNOWN_KEY],
    ['a secret', { kty: 'oct', kid: 'a', k: 'c2VjcmV0' }, first, 'RS256', UNKNOWN_KEY]
  ]
  for (const [name, bad, pair, alg, heard] of keys) {
    const server = await KeyServer.listen(t, [bad, FIRST])
    const { login } = await accessBy(t, server, new HeldClock())
    const jwt = pair.publicKey === weak.publicKey ? ofFirst.replace(/^[^.]+/, Buffer.from('{"alg":"RS256","kid":"a"}').toString('base64url')) : await token(pair.privateKey, { alg, kid: 'a' })
    t.match(await login(jwt), heard, name)
    t.match(await login(ofFirst), GOOD, 'the others are not spoilt')
  }
})

await t.test('a token that names no key is taken where only one is of its kind', async (t) => {
  const one = await accessBy(t, await KeyServer.listen(t, [FIRST, SECOND]), new HeldClock())
  t.match(await one.login(await token(second.privateKey, { alg: 'ES256' })), GOOD)
  const several = await accessBy(t, await KeyServer.listen(t, [SECOND, jwk(pairs.p256().publicKey, { kid: 'third' })]), new HeldClock())
  t.match(await several.login(await token(second.privateKey, { alg: 'ES256' })), /^bad-credentials: Your token does not say by which of several keys it is signed \(kid\)/)
})

await t.test('a close ends a fetch that is under way, and says nothing of it', async (t) => {
  const server = await KeyServer.listen(t)
  server.answer = () => {}
  const clock = new HeldClock()
  const { login, log, close } = await accessBy(t, server, clock, { jwksTimeoutMs: 60_000 })
  const waiting = login(ofFirst)
  await server.askedTimes(1)
  close()
  t.match(await waiting, UNAVAILABLE)
  t.equal(log.length, 1)
  t.equal(clock.waiting, 0)
})
