import t from 'tap'
import { Seen } from '../../src/reader/seen.ts'
import { UNKNOWN_EPOCH, type Waiter, type Witness } from '../../src/reader/waiter.ts'
import { murmur2 } from '../../src/wire/murmur2.ts'
import { RecordView } from '../../src/wire/record-view.ts'

function recordOf (key: string, offset: number): RecordView {
  const view = new RecordView()
  view.buffer = Buffer.from(key)
  view.keyAt = 0
  view.keyLength = key.length
  view.offset = offset
  return view
}

function waiting (device: string, from: number, witness?: Witness): Waiter {
  return { device, hash: murmur2(Buffer.from(device), 0, device.length), from, witness } as Waiter
}

/** A tail that began at 100 behind a batch of epoch 3, and has read to 120: a record for `a` at 110. */
function seen (): Seen {
  const seen = new Seen(100, { batchMs: 5_000, epoch: 3 }, 9_000)
  seen.batch(100, 6_000, 3)
  seen.record(recordOf('a', 110))
  seen.batch(115, 7_000, 4)
  return seen
}

await t.test('who has had the last record for its key has all, and who has not has not', async t => {
  t.ok(seen().hasAll(waiting('a', 111), 120))
  t.notOk(seen().hasAll(waiting('a', 110), 120))
  t.ok(seen().hasAll(waiting('b', 100), 120), 'nothing came for it')
  t.notOk(seen().hasAll(waiting('b', 99), 120), 'the tail has not seen what stands there')
  t.notOk(seen().hasAll(waiting('b', 121), 120), 'nor what comes')
})

await t.test('behind records that could not be decoded nobody knows whose they were', async t => {
  const some = seen()
  some.undecodable(112)
  t.strictSame([112, 113].map((from) => some.hasAll(waiting('b', from), 120)), [false, true])
})

await t.test('a witness of another epoch, or of a time before the tail began, has to be read again', async t => {
  const at = (from: number, batchMs: number, epoch: number): boolean => seen().hasAll(waiting('b', from, { batchMs, epoch }), 120)
  t.strictSame([at(112, 6_000, 3), at(112, 6_000, 4), at(118, 7_000, 4), at(118, 7_000, 3)], [true, false, true, false])
  t.strictSame([at(112, 4_999, 3), at(112, 1, UNKNOWN_EPOCH)], [false, true])
})

await t.test('at the tail itself the witness is the batch that the tail saw last', async t => {
  const at = (batchMs: number, epoch: number): boolean => seen().hasAll(waiting('a', 120, { batchMs, epoch }), 120)
  t.strictSame([at(7_000, 4), at(7_001, 4), at(7_000, 3), at(1, UNKNOWN_EPOCH)], [true, false, false, true])
  t.ok(seen().hasAll(waiting('a', 120), 120))
})
