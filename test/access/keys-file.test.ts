import { mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { makeApiKey } from '../../src/access/api-key.ts'
import { changeKeys, readKeys } from '../../src/access/keys-file.ts'
import type { ConfigError } from '../../src/config/index.ts'
import type { StoredKey } from '../../src/access/stored-key.ts'
import { mistakesOf } from '../config/given.ts'
import { fileWith } from './issuer.ts'

function storedKey (more: object = {}): StoredKey {
  const { id, hash } = makeApiKey()
  return { id, hash: hash.toString('base64url'), device: 'sensor-1', roles: ['device'], createdAt: 1_790_000_000_000, ...more }
}

async function mistakesIn (change: Promise<void>): Promise<unknown> {
  return await change.catch((error: unknown) => (error as ConfigError).mistakes)
}

await t.test('of many that change the file at once none is lost, and nobody else may read it', async (t) => {
  const path = join(dirname(fileWith(t, '')), 'new.json')
  const stored = Array.from({ length: 20 }, () => storedKey())
  await Promise.all(stored.map((one) => changeKeys(path, (keys) => [...keys, one])))
  t.strictSame(new Set(readKeys(path).map(({ id }) => id)), new Set(stored.map(({ id }) => id)))
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.throws(() => statSync(`${path}.lock`), { code: 'ENOENT' })
})

await t.test('a link stays one', async (t) => {
  const path = fileWith(t, '{"keys":[]}')
  const link = `${path}.link`
  symlinkSync(path, link)
  await changeKeys(link, () => [storedKey()])
  t.equal(readlinkSync(link), path)
  t.equal(readKeys(path).length, 1)
})

await t.test('a change that cannot be leaves all as it was', async (t) => {
  const path = fileWith(t, '{"keys":[')
  t.match(await mistakesIn(changeKeys(path, (keys) => keys)), [/holds no API keys: it is not JSON$/])
  t.equal(readFileSync(path, 'utf8'), '{"keys":[')
  t.throws(() => statSync(`${path}.lock`), { code: 'ENOENT' })
  t.strictSame(await mistakesIn(changeKeys('/none/keys.json', (keys) => keys)), ['"/none/keys.json.lock" cannot be made: ENOENT'])
})

await t.test('a lock that was left behind is named', async (t) => {
  const path = fileWith(t, '{"keys":[]}')
  writeFileSync(`${path}.lock`, '')
  t.match(await mistakesIn(changeKeys(path, (keys) => keys)), [/\.lock" is there: another command changes the keys\. If none runs, remove it$/])
})

await t.test('every mistake is told at once, and no value', async (t) => {
  const { device, ...service } = storedKey({ roles: ['service'] })
  const good = storedKey({ groups: ['a'], watch: ['sensor-*'], events: ['temp*'], quota: 'gold', expiresAt: 1_890_000_000_000 })
  const secret = 'mysecret!'
  const keys = [
    good, service, null, good,
    { hash: secret, roles: [], createdAt: secret, secret },
    storedKey({ id: secret, device: secret, groups: secret, watch: [secret], events: [7], quota: secret, expiresAt: -1 }),
    storedKey({ device: undefined }),
    storedKey({ roles: ['anonymous'] })
  ]
  const path = fileWith(t, JSON.stringify({ keys }))
  const mistakes = mistakesOf(() => readKeys(path))
  t.match(mistakes, [
    /^key 3 in ".*" must be an object$/,
    /^the id of key 4 in ".*" is that of another one, too$/,
    /^the id of key 5 in ".*" must be 12 hexadecimal digits$/,
    /^the hash of key 5 .* must be a SHA-256 in base64url$/,
    /^the roles of key 5 .* must be 1 to 64 names/,
    /^the createdAt of key 5 .* must be a time/,
    /^key 5 .* has a member that is none of a key's$/,
    /^the id of key 6/,
    /^the device of key 6 .* must be a device id/,
    /^the groups of key 6/,
    /^the watch of key 6/,
    /^the events of key 6/,
    /^the quota of key 6/,
    /^the expiresAt of key 6/,
    /^the device of key 7 .* must be set where the role is device$/,
    /^the roles of key 8 .* without anonymous$/
  ])
  t.equal(mistakes.length, 16)
  t.notMatch(mistakes.join(), secret)
})

await t.test('what holds no keys', async (t) => {
  for (const text of ['{}', 'null', '[]', '{"keys":{}}']) t.match(mistakesOf(() => readKeys(fileWith(t, text))), [/must be an object with the array keys$/], text)
  t.strictSame(mistakesOf(() => readKeys('/none')), ['auth.keys.file names "/none", which cannot be read: ENOENT; sluice keys create makes it'])
  const folder = `${fileWith(t, '')}.d`
  mkdirSync(folder)
  t.match(mistakesOf(() => readKeys(folder)), [/EISDIR/])
})
