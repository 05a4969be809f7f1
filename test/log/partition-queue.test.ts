import t from 'tap'
import type { Batch } from '../../src/log/kafka/batch.ts'
import { Hold } from '../../src/log/kafka/hold.ts'
import { PartitionQueue } from '../../src/log/kafka/partition-queue.ts'
import { BASE_SEQUENCE, PRODUCER_EPOCH, PRODUCER_ID } from '../../src/wire/batch.ts'
import { HeaderBlock } from '../../src/wire/header-block.ts'
import { Ledger } from './given.ts'

const NO_HEADERS = new HeaderBlock()

function put (queue: PartitionQueue, ledger: Ledger, id: number): void {
  queue.append({ timeMs: id, elapsedMs: id }, Buffer.from('k'), Buffer.from('v'), 0, 1, NO_HEADERS, ledger, id)
}

function place (queue: PartitionQueue): [epoch: number, sequence: number] {
  const { sealed } = queue.freezeHead()
  return [sealed.readInt16BE(PRODUCER_EPOCH), sealed.readInt32BE(BASE_SEQUENCE)]
}

await t.test('sequences go on from batch to batch, and wrap after 2^31 - 1', async t => {
  const queue = new PartitionQueue('t', 0, 1000, { id: 7n, epoch: 3 }, new Hold(10_000))
  const ledger = new Ledger()
  const places: Array<[number, number]> = []
  const rounds = 3
  for (let round = 0; round < rounds; round++) {
    put(queue, ledger, 2 * round + 1)
    put(queue, ledger, 2 * round + 2)
    places.push(place(queue))
    queue.stored(round * 2)
  }
  t.strictSame(places, [[3, 0], [3, 2], [3, 4]])
  put(queue, ledger, 9)
  const long = queue.head as Batch
  Object.defineProperty(long, 'count', { value: 0x7fff_ffff - 6, configurable: true }) // as if it had so many
  queue.stored(6)
  Reflect.deleteProperty(long, 'count')
  put(queue, ledger, 10)
  put(queue, ledger, 11)
  t.strictSame(place(queue), [3, 0x7fff_ffff])
  queue.stored(0)
  put(queue, ledger, 12)
  t.strictSame(place(queue), [3, 1])
})

await t.test('a raised epoch begins at 0, and after 2^15 - 1 it takes another producer', async t => {
  const queue = new PartitionQueue('t', 0, 1000, { id: 7n, epoch: 32_766 }, new Hold(10_000))
  const ledger = new Ledger()
  put(queue, ledger, 1)
  t.strictSame(place(queue), [32_766, 0])
  queue.stored(0)
  put(queue, ledger, 2)
  t.strictSame(place(queue), [32_766, 1])
  queue.raiseEpoch()
  t.strictSame(place(queue), [32_767, 0])
  queue.raiseEpoch()
  t.strictSame([queue.wantsProducer, queue.isReady], [true, false])
  queue.renew({ id: 8n, epoch: 0 })
  t.ok(queue.isReady)
  t.strictSame(place(queue), [0, 0])
  t.equal(queue.freezeHead().sealed.readBigInt64BE(PRODUCER_ID), 8n)
})

await t.test('batches are bounded, and those behind a frozen one fill', async t => {
  const hold = new Hold(10_000)
  const queue = new PartitionQueue('t', 0, 120, { id: 7n, epoch: 0 }, hold)
  const ledger = new Ledger()
  for (let id = 1; id <= 7; id++) put(queue, ledger, id)
  for (let round = 0; queue.head !== undefined; round++) {
    t.ok(queue.freezeHead().sealed.length <= 120)
    if (round === 0) put(queue, ledger, 8)
    t.ok(hold.bytes > 0)
    queue.stored(round)
  }
  t.strictSame([hold.bytes, queue.heldBytes], [0, 0])
  t.strictSame(ledger.runs.map(({ id }) => id).at(-1), 8)
  queue.abandon({ code: 'kafka-away', reason: '' })
  t.strictSame(ledger.failures, [])
})
