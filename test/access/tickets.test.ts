import { createSecretKey } from 'node:crypto'
import { SignJWT, type JWTPayload } from 'jose'
import t from 'tap'
import { createAccess } from '../../src/access/create.ts'
import type { Handshake } from '../../src/access/handshake.ts'
import type { Identity } from '../../src/access/identity.ts'
import { DEFAULT_TICKET_MS, MAX_TICKET_MS, Tickets } from '../../src/access/tickets.ts'
import { defaults } from '../../src/config/index.ts'
import { HeldClock } from '../flow/held-clock.ts'
import { fileWith, secret } from './issuer.ts'
import { mistakesOf } from '../config/given.ts'

const secretFile = fileWith(t, secret)
const log = { info: () => {}, warn: () => {} }
const clock = new HeldClock()
const surroundings = { clock, log, closing: new AbortController().signal }
const tickets = new Tickets(secretFile, surroundings)
const WHO: Identity = {
  by: 'key', subject: 'k1', device: 'page-1', roles: ['device'], groups: ['hall'], events: ['temp*'], watch: ['sensor-*'], quota: 'gold', keyId: 'k1', tokenId: 't1'
}
const binding = { device: 'page-1', origin: undefined, ttlMs: DEFAULT_TICKET_MS }

/** Who comes with that ticket, or why it may not. */
async function login (ticket: string, more: Partial<Handshake> = {}, by = tickets): Promise<Identity | string> {
  const handshake = { address: '127.0.0.1', origin: undefined, device: undefined, token: ticket, opensSocket: true, ...more }
  return await (by.method(handshake) as Promise<Identity>).catch(({ code, message }: { code: string, message: string }) => `${code}: ${message}`)
}

/** A ticket signed by whoever has a secret. */
async function forged (claims: JWTPayload, header: object = {}, key = secret): Promise<string> {
  return `tk_${await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'sluice-ticket+jwt', ...header }).sign(createSecretKey(Buffer.from(key)))}`
}

await t.test('a ticket carries on who asked for it, until the same time', async (t) => {
  const expiresMs = clock.now() + 3_600_000
  const { ticket, expiresAt } = await tickets.make({ ...WHO, expiresMs }, binding)
  t.match(ticket, /^tk_[\w-]+\.[\w-]+\.[\w-]+$/)
  t.equal(expiresAt, clock.now() + DEFAULT_TICKET_MS)
  const { redeem, ...identity } = await login(ticket) as Identity
  t.strictSame(identity, { ...WHO, expiresMs, by: 'ticket', as: 'page-1' })
  redeem!()
  t.throws(redeem!, { code: 'bad-credentials', message: 'Your ticket has been used; get a new one.' })
  const other = await login(ticket, {}, new Tickets(secretFile, surroundings)) as Identity
  t.doesNotThrow(other.redeem!, 'once on each instance')
})

await t.test('it is over at its time, and with the credentials that it was asked for with', async (t) => {
  const { ticket } = await tickets.make(WHO, { ...binding, ttlMs: 1_500 })
  clock.advance(1_499)
  t.match(await login(ticket), { by: 'ticket' })
  clock.advance(1)
  t.equal(await login(ticket), 'bad-credentials: Your ticket has expired; get a new one.')
  clock.advance(10_000)
  t.equal(await login(ticket), 'bad-credentials: Your ticket has expired; get a new one.')
  const expiresMs = clock.now() + 700
  t.match(await tickets.make({ ...WHO, expiresMs }, binding), { expiresAt: expiresMs })
})

await t.test('it is bound to a device, and to an origin where one was named', async (t) => {
  const { ticket } = await tickets.make(WHO, { ...binding, device: 'page-2', origin: 'https://app.example' })
  const origin = 'https://app.example'
  t.match(await login(ticket, { origin }), { device: 'page-1', as: 'page-2' }, 'who asked stays who it is')
  t.match(await login(ticket, { origin, device: 'page-2' }), { as: 'page-2' })
  t.equal(await login(ticket, { origin, device: 'page-1' }), 'forbidden: Your ticket is for another device.')
  for (const other of [undefined, 'https://evil.example', '']) t.equal(await login(ticket, { origin: other }), 'forbidden: Your ticket is for a page of another origin.')
  t.match(await login((await tickets.make(WHO, binding)).ticket, { origin }), { as: 'page-1' }, 'to none')
})

await t.test('it opens a socket and nothing else', async (t) => {
  const { ticket } = await tickets.make(WHO, binding)
  t.equal(await login(ticket, { opensSocket: false }), 'bad-credentials: A ticket opens a socket, and is good for nothing else.')
  t.equal(tickets.method({ address: '', origin: undefined, device: undefined, token: 'sk_' }), undefined)
})

await t.test('what this server did not make', async (t) => {
  const exp = clock.now() / 1000 + 10
  const claims = { who: { ...WHO }, as: 'page-1', jti: 'j', exp }
  t.match(await login(await forged(claims)), { by: 'ticket' }, 'so forged() makes good ones')
  const without = (claim: string): JWTPayload => Object.fromEntries(Object.entries(claims).filter(([name]) => name !== claim))
  const { ticket } = await tickets.make(WHO, binding)
  const body = ticket.split('.')
  const none = `tk_${Buffer.from('{"alg":"none","typ":"sluice-ticket+jwt"}').toString('base64url')}.${body[1]}.`
  const cases: Array<[string, string]> = [
    ['of another secret', await forged(claims, {}, 'x'.repeat(43))],
    ['a token under the same secret', await forged(claims, { typ: 'JWT' })],
    ['of another algorithm', await forged(claims, { alg: 'HS512' })],
    ['unsigned', none],
    ['changed', `${body[0]}.${Buffer.from(JSON.stringify({ ...claims, exp: exp + 1 })).toString('base64url')}.${body[2]}`],
    ['without an end', await forged(without('exp'))],
    ['without an id', await forged(without('jti'))],
    ['about nobody', await forged(without('who'))],
    ['for no device', await forged(without('as'))],
    ['cut off', ticket.slice(0, -1)],
    ['no ticket', 'tk_']
  ]
  for (const [name, bad] of cases) t.equal(await login(bad), 'bad-credentials: Your ticket is not one of this server.', name)
  const long = await forged({ ...claims, exp: (clock.now() + 2 * MAX_TICKET_MS + 1_000) / 1000 })
  t.match(await login(long), /^bad-credentials: Your ticket is good for longer than tickets are/)
})

await t.test('a ticket is no JWT, under the same secret neither', async (t) => {
  const access = await createAccess(defaults({ auth: { jwt: { secretFile }, tickets: { secretFile } } }), surroundings)
  const { ticket } = await access.tickets!.make(WHO, binding)
  const handshake = { address: '', origin: undefined, device: undefined, token: ticket, opensSocket: true }
  t.match(await access.identify(handshake, false), { by: 'ticket' })
  await t.rejects(access.identify({ ...handshake, token: ticket.slice(3) }, false), { code: 'bad-credentials' })
})

await t.test('a secret that is too short, or not there', async (t) => {
  t.match(mistakesOf(() => new Tickets(fileWith(t, 'x'.repeat(31)), surroundings)), [/^auth\.tickets\.secretFile names .* holds a secret of 31 bytes/])
  t.match(mistakesOf(() => new Tickets('/none', surroundings)), [/^auth\.tickets\.secretFile names "\/none", which cannot be read: ENOENT$/])
})
