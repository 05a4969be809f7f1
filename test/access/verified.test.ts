import t from 'tap'
import { NOBODY, type Identity } from '../../src/access/identity.ts'
import { Verified } from '../../src/access/verified.ts'

const until = (expiresMs: number | undefined): Identity => ({ ...NOBODY, expiresMs })

await t.test('what has expired is not there', async (t) => {
  const verified = new Verified(3)
  const [soon, never] = [until(100), until(undefined)]
  verified.add('soon', soon)
  verified.add('never', never)
  t.equal(verified.get('soon', 99), soon)
  t.equal(verified.get('never', Infinity), never)
  t.equal(verified.get('soon', 100), undefined)
  t.equal(verified.get('soon', 99), undefined, 'and is forgotten')
  t.equal(verified.get('other', 0), undefined)
})

await t.test('no more are kept than may be: the ones that came last', async (t) => {
  const verified = new Verified(2)
  for (const token of ['a', 'b']) verified.add(token, until(undefined))
  verified.get('a', 0)
  verified.add('c', until(undefined))
  t.strictSame(['a', 'b', 'c'].map((token) => verified.get(token, 0) !== undefined), [true, false, true])
  verified.add('c', until(undefined))
  t.ok(verified.get('a', 0), 'one that is added again takes no second place')
})
