import t from 'tap'
import type { Chunk } from '../../src/log/chunk.ts'
import { faulty, TOPIC } from './faulty.ts'
import { append, Waiting } from './given.ts'

const BUSY = 8
/** Two of them fill what a partition, and eight of them what an answer may have. */
const BATCH_BYTES = 524_000

await t.test('partitions that have much to read do not hold up one that has little', async t => {
  const { log, ledger } = await faulty(t, { partitions: BUSY + 1, requestTimeoutMs: 10_000 })
  const quiet = BUSY
  const topic = log.topic(TOPIC)
  const value = 'x'.repeat(BATCH_BYTES)
  let id = 0
  for (let n = 0; n < 6; n++) {
    for (let partition = 0; partition < BUSY; partition++) append(topic, ledger, ++id, { partition, value })
    await ledger.answered(id)
  }
  append(topic, ledger, ++id, { partition: quiet, value: 'y'.repeat(5_000) })
  await ledger.answered(id)

  const waiting = new Waiting()
  const came: number[] = []
  log.tail(TOPIC, Array.from({ length: BUSY + 1 }, () => 0), {
    chunk: (partition: number, _chunk: Chunk) => {
      came.push(partition)
      waiting.changed()
    },
    gap: () => t.fail('nothing is gone')
  })
  await waiting.until(() => came.includes(quiet))
  const before = came.slice(0, came.indexOf(quiet))
  t.ok(before.length > 4, 'more than one answer holds')
  t.equal(new Set(before).size, before.length, 'nobody had a second piece before it')
})
