import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { batch, TRANSACTIONAL } from './batches.ts'
import { addPartition, endTxn, fetchOne, initProducerId, produce, wholeBatches } from './raw.ts'
import { start } from './start.ts'

const retentionBytes = 8000

for (const dir of [undefined, mkdtempSync(join(t.testdir(), 'kept-'))]) {
  await t.test(`the oldest batches go: ${dir === undefined ? 'in memory' : 'in a folder'}`, async t => {
    const { broker, connect } = await start(t, { retentionBytes, ...(dir === undefined ? {} : { dir }) })
    broker.topics.create({ name: 'a', partitions: 1 })
    const client = await connect()
    const partition = broker.topics.partition('a', 0)
    const id = 'id'
    const { producerId, epoch } = await initProducerId(client, id)
    await addPartition(client, id, producerId, epoch, 'a')
    await produce(client, 'a', batch({ attributes: TRANSACTIONAL, producerId, epoch, sequence: 0 }), { transactionalId: id })
    await endTxn(client, id, producerId, epoch, false)
    t.equal((await fetchOne(client, 'a', { committedOnly: true })).aborted?.length, 1)

    for (let n = 0; n < 200; n++) {
      await produce(client, 'a', batch({ values: ['x'.repeat(200)] }))
      if ((partition?.bytes ?? 0) > retentionBytes) t.fail('over the bound')
    }
    const first = partition?.start ?? 0
    t.ok(first > 150, 'the log start moved')
    t.equal((await fetchOne(client, 'a')).error, 'OFFSET_OUT_OF_RANGE')
    const kept = await fetchOne(client, 'a', { offset: first, committedOnly: true })
    t.equal(kept.start, first)
    t.same(kept.aborted, [], 'what lay before the start is forgotten')
    t.equal(Number(wholeBatches(kept.records)[0]?.readBigInt64BE(0)), first)
    let read = first
    while (read < 202) {
      const batches = wholeBatches((await fetchOne(client, 'a', { offset: read })).records)
      for (const each of batches) t.equal(Number(each.readBigInt64BE(0)), read++)
    }

    t.equal((await produce(client, 'a', batch({ values: ['x'.repeat(retentionBytes)] }))).error, 'NONE')
    t.equal(partition?.start, 202, 'one that is larger than all that may be kept is kept alone')
  })
}
