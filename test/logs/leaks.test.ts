import { createSecretKey } from 'node:crypto'
import t from 'tap'
import { makeApiKey } from '../../src/access/api-key.ts'
import { pairs, secret, token } from '../access/issuer.ts'
import { tokenOf } from '../flow/callers.ts'
import { leaks } from './leaks.ts'

const line = (facts: object): string => JSON.stringify({ level: 30, time: 1, ...facts })

await t.test('whatever kind of secret is planted in a log, it is found', async (t) => {
  const jwt = await token(createSecretKey(Buffer.from(secret)), { alg: 'HS256' })
  const { key } = makeApiKey()
  for (const [what, planted] of Object.entries({
    'a JWT': `a token ${jwt} came`,
    'an API key': key,
    'a ticket': `tk_${jwt.slice(3, 40)}`,
    'a bearer': `Bearer ${'x'.repeat(8)}`,
    'a credential in an address': '/ws/d1?since=live&ticket=abcd',
    'a caller\'s token': tokenOf({ device: 'd1' }),
    'a private key': pairs.ed25519().privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    'a frame': '{"type":"publish","id":1,"data":1}'
  })) {
    t.match(leaks([line({ msg: 'nothing' }), line({ msg: planted })], []), [new RegExp(`^${what}: `)], what)
    t.equal(leaks([line({ deeper: { still: planted } })], []).length, 1)
  }
  t.match(leaks([line({ record: Buffer.from('x') })], []), [/^bytes: /])
  t.match(leaks(['Authorization: bearer.abcdefgh'], []), [/^a bearer: /])
})

await t.test('so is what a test says is one, whole, also as JSON in JSON', async (t) => {
  const secrets = ['a first secret', 'a first secret of another', '{"c":21.5,"unit":"°"}']
  for (const planted of secrets) t.match(leaks([line({ msg: `it said ${planted}.` })], secrets), [/^a credential or a payload of a test: /], planted)
  t.equal(leaks([line({ err: { message: '{"c":21.5,"unit":"°"}' } })], secrets).length, 1)
  t.strictSame(leaks([line({ msg: 'a first secre' }), line({ msg: '{"c":21.5' })], secrets), [])
})

await t.test('what a log may say is left in peace', async (t) => {
  t.strictSame(leaks([
    line({ act: 'refused', code: 'bad-credentials', keyId: 'sk_3f9a0c52e1b7', route: '/ws/:id' }),
    line({ msg: 'The API keys in "keys.json" were read anew: 3.' }),
    'Kafka does not let this gateway go on: principal User:sluice lacks WRITE on topic up. Run: kafka-acls --add'
  ], ['a first secret']), [])
})
