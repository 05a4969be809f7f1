import { renameSync, rmSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { makeApiKey } from '../../src/access/api-key.ts'
import { changeKeys } from '../../src/access/keys-file.ts'
import type { ConfigError } from '../../src/config/index.ts'
import { HeldClock } from '../flow/held-clock.ts'
import { givenAccess } from './given.ts'
import { fileWith } from './issuer.ts'

const UNKNOWN = 'bad-credentials: Your API key is not known here, or has been revoked.'

async function keyIn (path: string, more: object = {}): Promise<{ id: string, key: string }> {
  const { id, key, hash } = makeApiKey()
  await changeKeys(path, (keys) => [...keys, { id, hash: hash.toString('base64url'), roles: ['service'], createdAt: 1, ...more }])
  return { id, key }
}

/** The clock's timers are set in turn, each when what follows the last one is done. */
async function later (clock: HeldClock): Promise<void> {
  clock.advance(1_000)
  await new Promise((resolve) => setImmediate(resolve))
}

await t.test('who has a key', async (t) => {
  const path = fileWith(t, '{"keys":[]}')
  const clock = new HeldClock()
  const facts = { device: 'sensor-1', roles: ['device', 'service'], groups: ['hall'], watch: ['sensor-*'], events: ['temp*'], quota: 'gold' }
  const all = await keyIn(path, { ...facts, expiresAt: clock.now() + 5_000 })
  const least = await keyIn(path)
  const { login } = await givenAccess(t, { keys: { file: path } }, clock)
  t.strictSame(await login(all.key), { by: 'key', subject: all.id, ...facts, expiresMs: clock.now() + 5_000, keyId: all.id })
  t.match(await login(least.key), { by: 'key', roles: ['service'], groups: [], watch: [], device: undefined, events: undefined, expiresMs: undefined })
  for (const bad of [all.key.slice(0, -1), `sk_${least.id}_${all.key.slice(-43)}`, makeApiKey().key, 'sk_']) t.equal(await login(bad), UNKNOWN)
  t.equal(await login('other'), 'bad-credentials: Your token is of no kind that this server takes.')
  clock.advance(5_000)
  t.equal(await login(all.key), 'bad-credentials: Your API key has expired.')
})

await t.test('keys that are made, revoked, or spoilt while it runs', async (t) => {
  const path = fileWith(t, '{"keys":[]}')
  const clock = new HeldClock()
  const { login, log, close } = await givenAccess(t, { keys: { file: path } }, clock)
  const { id, key } = await keyIn(path)
  t.equal(await login(key), UNKNOWN, 'not yet')
  await later(clock)
  t.match(await login(key), { keyId: id })
  t.match(log, [/^The API keys in ".*" were read anew: 1\.$/])

  writeFileSync(path, '{"keys":[{"id":"mysecret!"}]}')
  await later(clock)
  t.match(log.slice(1), [/^The API keys stay those of before: the id of key 1 in/, /hash/, /roles/, /createdAt/])
  t.notMatch(log.join(), 'mysecret!')
  rmSync(path)
  await later(clock)
  t.match(log.at(-1), /^The API keys stay those of before: .* cannot be read: ENOENT/)
  await later(clock)
  t.equal(log.length, 6, 'each said once')
  t.match(await login(key), { keyId: id })

  writeFileSync(`${path}.new`, '{"keys":[]}')
  renameSync(`${path}.new`, path)
  await later(clock)
  t.equal(await login(key), UNKNOWN)
  close()
  await later(clock)
  t.equal(clock.waiting, 0)
})

await t.test('a start with a file that is not there, or not good', async (t) => {
  const mistakes = async (file: string): Promise<unknown> => await givenAccess(t, { keys: { file } }).catch((error: unknown) => (error as ConfigError).mistakes)
  t.match(await mistakes('/none'), [/cannot be read: ENOENT/])
  t.match(await mistakes(fileWith(t, '{"keys":[1,2]}')), [/key 1/, /key 2/])
})
