import { createRequire } from 'node:module'
import fc from 'fast-check'
import t from 'tap'
import kafkajs from 'kafkajs'
import { homePartition, murmur2 } from '../../src/wire/murmur2.ts'

const theirs = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2') as (key: Buffer) => number
const keys = fc.uint8Array({ maxLength: 140 }).map((bytes) => Buffer.from(bytes))

await t.test('the values of the Java client\'s own test', async t => {
  const cases = { 21: -973932308, foobar: -790332482, 'a-little-bit-long-string': -985981536, 'a-little-bit-longer-string': -1486304829, lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971, abc: 479470107 }
  for (const [key, hash] of Object.entries(cases)) t.equal(murmur2(Buffer.from(key)), hash, key)
})

await t.test('any key hashes as in kafkajs', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(keys, (key) => murmur2(key) === theirs(key)), { numRuns: 2000 }))
})

await t.test('and has its home where kafkajs\' Java-compatible partitioner puts it', async t => {
  const partitioner = kafkajs.Partitioners.DefaultPartitioner()
  t.doesNotThrow(() => fc.assert(fc.property(keys, fc.integer({ min: 1, max: 500 }), (key, partitions) => {
    const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({ partitionId, leader: 1, partitionErrorCode: 0, replicas: [], isr: [] }))
    return homePartition(key, partitions) === partitioner({ topic: 'topic', partitionMetadata, message: { key, value: null } })
  })))
})
