import t from 'tap'
import { readHeader } from '../../src/devkafka/batch.ts'
import { Hold } from '../../src/log/kafka/hold.ts'
import { PartitionQueue } from '../../src/log/kafka/partition-queue.ts'
import type { Failure } from '../../src/log/log.ts'
import { walkBatches } from '../../src/wire/batch-walk.ts'
import { valuesIn } from './fake-kafka.ts'
import { header, Ledger } from './given.ts'

const INVALID: Failure = { code: 'kafka-refused', reason: 'INVALID_RECORD' }
const TOO_LARGE: Failure = { code: 'record-too-large', reason: 'MESSAGE_TOO_LARGE' }

interface Given { hold: Hold, queue: PartitionQueue, ledgers: Ledger[], put: (who: number, id: number, value?: string) => void, next: () => { sequence: number, values: string[] } }

function given (maxBatchBytes = 100_000): Given {
  const hold = new Hold(1 << 20)
  const queue = new PartitionQueue('t', 0, maxBatchBytes, { id: 7n, epoch: 0 }, hold)
  const ledgers = [new Ledger(), new Ledger()]
  return {
    hold,
    queue,
    ledgers,
    put: (who, id, value = `${who}/${id}`) => {
      const source = Buffer.from(value)
      queue.append({ timeMs: 1_790_000_000_000 + id, elapsedMs: id }, Buffer.from(`key-${who}`), source, 0, source.length, header('event', `e${id}`), ledgers[who] as Ledger, id)
    },
    next: () => {
      const { sealed } = queue.freezeHead()
      return { sequence: readHeader(sealed).baseSequence, values: valuesIn(sealed) }
    }
  }
}

await t.test('a batch that is refused is halved from the same sequence until the record at fault is alone', async t => {
  const { queue, hold, ledgers, put, next } = given()
  put(0, 1)
  next()
  for (const [who, id] of [[0, 2], [1, 1], [0, 3], [1, 2], [0, 4]] as const) put(who, id)
  queue.stored(0)
  t.strictSame(next(), { sequence: 1, values: ['0/2', '1/1', '0/3', '1/2', '0/4'] })
  queue.unfit(INVALID, [])
  put(0, 5)
  t.strictSame(next(), { sequence: 1, values: ['0/2', '1/1', '0/3'] })
  queue.unfit(INVALID, [])
  t.strictSame(next(), { sequence: 1, values: ['0/2', '1/1'] })
  queue.stored(1)
  t.strictSame(next(), { sequence: 3, values: ['0/3'] })
  queue.unfit(INVALID, [])
  t.strictSame(next(), { sequence: 3, values: ['1/2', '0/4'] }, 'whose sequence was free')
  queue.stored(3)
  t.strictSame(next(), { sequence: 5, values: ['0/5'] }, 'what came meanwhile is not mixed with it')
  queue.stored(5)
  t.strictSame(ledgers[0]?.failures, [{ id: 3, ...INVALID }])
  t.strictSame(ledgers[0]?.runs.map(({ id, offset }) => [id, offset]), [[1, 0], [2, 1], [4, 4], [5, 5]])
  t.strictSame(ledgers[1]?.runs.map(({ id, offset }) => [id, offset]), [[1, 2], [2, 3]])
  t.strictSame([queue.head, queue.heldBytes, hold.bytes], [undefined, 0, 0])
})

await t.test('where Kafka names the records at fault, the others go in one piece up to each', async t => {
  const { queue, ledgers: [ledger], put, next } = given()
  for (let id = 1; id <= 8; id++) put(0, id)
  next()
  queue.unfit(INVALID, [0, 3, 4, 7])
  t.strictSame(ledger?.codes, [[1, 'kafka-refused']], 'who is first is told')
  t.strictSame(next(), { sequence: 0, values: ['0/2', '0/3'] })
  queue.stored(0)
  t.strictSame(ledger?.codes.map(([id]) => id), [1, 4, 5])
  t.strictSame(next(), { sequence: 2, values: ['0/6', '0/7'] })
  t.strictSame(ledger?.codes.map(([id]) => id), [1, 4, 5], 'and the last waits for its turn')
  queue.stored(2)
  t.strictSame(ledger?.codes.map(([id]) => id), [1, 4, 5, 8])
  t.equal(queue.heldBytes, 0)
})

await t.test('a place that the batch does not have is no name', async t => {
  const { queue, put, next } = given()
  put(0, 1)
  put(0, 2)
  next()
  queue.unfit(INVALID, [2, 9])
  t.strictSame(next().values, ['0/1'])
})

await t.test('a record is the same in a part: key, value, headers, time', async t => {
  const { queue, put } = given()
  const long = 'v'.repeat(9000)
  put(0, 1)
  put(1, 700_000, long)
  queue.freezeHead()
  queue.unfit(INVALID, [])
  queue.refused(INVALID)
  const { sealed } = queue.freezeHead()
  const seen: unknown[] = []
  walkBatches(sealed, 0, sealed.length, 0, [], {
    record: (record) => seen.push([record.offset, String(record.key()), String(record.value()), [...record.headers()].map(([name, value]) => [name, String(value)]), record.timeMs]),
    undecodable: (_from, _to, reason) => t.fail(reason)
  })
  t.strictSame(seen, [[0, 'key-1', long, [['event', 'e700000']], 1_790_000_700_000]])
})

await t.test('given up in the middle of it: what Kafka refused stays refused, the rest is away', async t => {
  const { queue, ledgers: [ledger], put, next } = given()
  for (let id = 1; id <= 4; id++) put(0, id)
  next()
  queue.unfit(INVALID, [1])
  queue.abandon({ code: 'kafka-away', reason: 'gone' })
  t.strictSame(ledger?.codes, [[1, 'kafka-away'], [2, 'kafka-refused'], [3, 'kafka-away'], [4, 'kafka-away']])
})

await t.test('a bound that the topic was given since then is met by halving ours, to a floor', async t => {
  const { queue, put, next } = given(100_000)
  const value = 'v'.repeat(1000)
  for (let id = 1; id <= 60; id++) put(0, id, value)
  t.equal(next().values.length, 60)
  queue.unfit(TOO_LARGE, [])
  for (let id = 61; id <= 120; id++) put(0, id, value)
  const sizes: number[] = []
  for (let at = 0; queue.head !== undefined; at++) {
    sizes.push(next().values.length)
    queue.stored(at)
  }
  t.strictSame(sizes.slice(0, 2), [30, 30])
  t.ok(Math.max(...sizes.slice(2)) <= 30, `${sizes}`)
  for (let round = 0; round < 5; round++) {
    put(0, 200 + 2 * round)
    put(0, 201 + 2 * round)
    next()
    queue.unfit(TOO_LARGE, [])
    queue.stored(0)
    queue.stored(0)
  }
  for (let id = 300; id < 310; id++) put(0, id, value)
  t.equal(next().values.length, 10)
})

await t.test('no partition takes all that may be held: two thirds if it is alone, and there is room for others', async t => {
  const hold = new Hold(9000)
  const fill = (): number => {
    let held = 0
    for (; hold.hasRoom(held, 10); held += 10) hold.bytes += 10
    return held
  }
  t.notOk(hold.isPressed(0))
  const first = fill()
  t.ok(Math.abs(first - 6000) <= 10, `${first}`)
  t.ok(hold.isPressed(first))
  t.notOk(hold.isPressed(0))
  const second = fill()
  t.ok(second >= 1990 && second <= 2010, `${second}`)
  t.ok(hold.hasRoom(0, 900))
  t.notOk(hold.hasRoom(0, 1100), 'but no more than is free')
})
