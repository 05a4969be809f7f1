import t from 'tap'
import { batch } from './batches.ts'
import { fetchOne, initProducerId, produce } from './raw.ts'
import { startAny } from './start.ts'

type Step = [what: string, epoch: number, sequence: number, count: number, error: string, base: number]

const LAST = 2 ** 31 - 1

const tables: Record<string, Step[]> = {
  'repeats, gaps and epochs': [
    ['a partition without state takes any first sequence', 0, 7, 2, 'NONE', 0],
    ['the same again has the same offset', 0, 7, 2, 'NONE', 0],
    ['what follows', 0, 9, 1, 'NONE', 2],
    ['the one before the last again', 0, 7, 2, 'NONE', 0],
    ['a gap', 0, 12, 1, 'OUT_OF_ORDER_SEQUENCE_NUMBER', -1],
    ['an overlap', 0, 9, 2, 'OUT_OF_ORDER_SEQUENCE_NUMBER', -1],
    ['a part of what was sent', 0, 7, 1, 'OUT_OF_ORDER_SEQUENCE_NUMBER', -1],
    ['refusals change nothing', 0, 10, 3, 'NONE', 3],
    ['a raised epoch does not begin in the middle', 1, 13, 1, 'OUT_OF_ORDER_SEQUENCE_NUMBER', -1],
    ['a raised epoch begins at 0', 1, 0, 1, 'NONE', 6],
    ['the older epoch is over', 0, 13, 1, 'INVALID_PRODUCER_EPOCH', -1],
    ['the older epoch is over for repeats too', 0, 10, 3, 'INVALID_PRODUCER_EPOCH', -1],
    ['the raised epoch goes on', 1, 1, 1, 'NONE', 7]
  ],
  'five batches are remembered': [
    ['1', 0, 0, 1, 'NONE', 0],
    ['2', 0, 1, 1, 'NONE', 1],
    ['3', 0, 2, 1, 'NONE', 2],
    ['4', 0, 3, 1, 'NONE', 3],
    ['5', 0, 4, 1, 'NONE', 4],
    ['the first of five', 0, 0, 1, 'NONE', 0],
    ['6', 0, 5, 1, 'NONE', 5],
    ['the first of six', 0, 0, 1, 'OUT_OF_ORDER_SEQUENCE_NUMBER', -1],
    ['the second of six', 0, 1, 1, 'NONE', 1]
  ],
  'sequences wrap within a batch': [
    ['across the end', 0, LAST - 1, 3, 'NONE', 0],
    ['the same again', 0, LAST - 1, 3, 'NONE', 0],
    ['what follows', 0, 1, 1, 'NONE', 3]
  ],
  'sequences wrap between batches': [
    ['up to the end', 0, LAST, 1, 'NONE', 0],
    ['what follows', 0, 0, 1, 'NONE', 1]
  ]
}

await t.test('idempotence', async (t) => {
  const { connect, topic } = await startAny(t)
  const client = await connect()
  for (const [name, steps] of Object.entries(tables)) {
    await t.test(name, async (t) => {
      const to = await topic()
      const { producerId } = await initProducerId(client)
      for (const [what, epoch, sequence, count, error, base] of steps) {
        const values = Array.from({ length: count }, (_, n) => `${sequence}+${n}`)
        t.same(await produce(client, to, batch({ values, producerId, epoch, sequence })), { error, base }, what)
      }
      const stored = steps.reduce((end, step) => step[4] === 'NONE' ? Math.max(end, step[5] + step[3]) : end, 0)
      t.equal((await fetchOne(client, to)).highWatermark, stored, 'nothing else was stored')
    })
  }
})
