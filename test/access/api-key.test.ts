import { createHash } from 'node:crypto'
import t from 'tap'
import { isApiKey, makeApiKey, readApiKey } from '../../src/access/api-key.ts'

await t.test('a key is a prefix, an id and 256 bits, of which a hash is kept', async (t) => {
  const { id, key, hash } = makeApiKey()
  const [, secret] = /^sk_[0-9a-f]{12}_([A-Za-z0-9_-]{43})$/.exec(key)!
  t.ok(isApiKey(key))
  t.equal(Buffer.from(secret!, 'base64url').length, 32)
  t.strictSame(hash, createHash('sha256').update(secret!).digest())
  t.strictSame(readApiKey(key), { id, hash })
  t.not(makeApiKey().key, key)
})

await t.test('what is cut off or misspelt', async (t) => {
  const { key } = makeApiKey()
  for (const bad of ['sk_', key.slice(0, -1), `${key}x`, key.toUpperCase(), key.replace('_', '-'), `${key}\n`]) t.equal(readApiKey(bad), undefined, bad.length.toString())
  t.notOk(isApiKey('a.b.c'))
})
