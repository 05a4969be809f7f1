import { isUtf8 } from 'node:buffer'
import t from 'tap'
import { closeReason, closes, type CloseName } from '../../src/protocol/closes.ts'
import { isDeviceId } from '../../src/protocol/device-id.ts'

const names = Object.keys(closes) as CloseName[]

await t.test('a reason is the name and a sentence', async t => {
  for (const name of names) t.ok(closeReason(name).startsWith(`${name}: `))
  t.equal(closeReason('draining'), `draining: ${closes.draining.message}`)
  t.equal(closeReason('bad-watch', 'Only so many.'), 'bad-watch: Only so many.')
})

await t.test('it is cut to what a close frame carries, between characters', async t => {
  for (const unit of ['a', 'é', '日', '😀', 'a日', 'é😀']) {
    for (let extra = 0; extra < 5; extra++) {
      const detail = 'x'.repeat(extra) + unit.repeat(150)
      const bytes = Buffer.from(closeReason('internal', detail))
      t.ok(bytes.length <= 123 && bytes.length > 116)
      t.ok(isUtf8(bytes))
      const told = bytes.toString()
      t.ok(told.endsWith('…') && `internal: ${detail}`.startsWith(told.slice(0, -1)), told)
    }
  }
  const fits = 'x'.repeat(123 - 'internal: '.length)
  t.equal(closeReason('internal', fits), `internal: ${fits}`)
  t.ok(closeReason('internal', `${fits}x`).endsWith('…'))
})

await t.test('codes are unique, and in the range that says whether to come back', async t => {
  const codes = Object.values(closes).map(({ code }) => code)
  t.equal(new Set(codes).size, codes.length)
  t.ok(codes.every((code) => code >= 4000 && code < 5000))
})

await t.test('device ids', async t => {
  for (const id of ['a', '0', 'A.b_c~d:e-f', 'x'.repeat(128)]) t.ok(isDeviceId(id), id)
  for (const id of ['', ' ', 'a b', 'a/b', 'é', '*', 'a\n', '\na', 'a%20', 'x'.repeat(129)]) t.notOk(isDeviceId(id), JSON.stringify(id))
})
