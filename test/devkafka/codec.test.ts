import { createRequire } from 'node:module'
import t from 'tap'
import { apis } from '../../src/devkafka/apis/index.ts'
import { apiKey } from '../../src/devkafka/api-keys.ts'
import type { ApiName } from '../../src/devkafka/api-keys.ts'
import { ErrorCode } from '../../src/wire/errors.ts'
import { start } from './start.ts'

interface Encoder { readonly buffer: Buffer }
interface Codec { readonly request: { readonly encode: () => Promise<Encoder> }, readonly response: { readonly decode: (bytes: Buffer) => Promise<object> } }

/** A codec that is not ours, for both directions. */
const codecs = createRequire(import.meta.url)('kafkajs/src/protocol/requests/index.js').requests as Record<string, { protocol: (options: { version: number }) => (body: object) => Codec }>

const identity = { transactionalId: 'id', producerId: '1', producerEpoch: 0 }
const topicData = [{ topic: 'a', partitions: [{ partition: 0, firstSequence: 0, messages: [{ key: null, value: Buffer.from('v'), headers: {}, timestamp: 1 }] }] }]
const offsets = { topics: [{ topic: 'a', partitions: [{ partition: 0, offset: '1', metadata: 'm' }] }] }
const member = { groupId: 'g', groupGenerationId: 1, generationId: 1, memberId: 'm' }

/** A request of each API that asks for something. */
const bodies: Partial<Record<ApiName, object>> = {
  Produce: { acks: -1, timeout: 1000, transactionalId: null, producerId: -1, producerEpoch: -1, compression: 0, topicData },
  Fetch: { replicaId: -1, isolationLevel: 1, maxWaitTime: 0, minBytes: 1, maxBytes: 100, topics: [{ topic: 'a', partitions: [{ partition: 0, fetchOffset: '0', maxBytes: 100 }] }] },
  ListOffsets: { replicaId: -1, isolationLevel: 1, topics: [{ topic: 'a', partitions: [{ partition: 0, timestamp: '-1' }] }] },
  Metadata: { topics: ['a'], allowAutoTopicCreation: false },
  OffsetCommit: { ...member, retentionTime: '-1', ...offsets },
  OffsetFetch: { groupId: 'unknown', topics: [{ topic: 'a', partitions: [{ partition: 0 }] }] },
  FindCoordinator: { coordinatorKey: 'g', groupId: 'g', coordinatorType: 0 },
  JoinGroup: { ...member, sessionTimeout: 1000, rebalanceTimeout: 1000, protocolType: 'consumer', groupProtocols: [{ name: 'p', metadata: Buffer.from('m') }] },
  Heartbeat: member,
  LeaveGroup: member,
  SyncGroup: { ...member, groupAssignment: [] },
  DescribeGroups: { groupIds: ['g'] },
  ListGroups: {},
  ApiVersions: {},
  CreateTopics: { topics: [{ topic: 'b' }], validateOnly: true, timeout: 1000 },
  DeleteTopics: { topics: ['c'], timeout: 1000 },
  DeleteRecords: { topics: [{ topic: 'a', partitions: [{ partition: 0, offset: '-1' }, { partition: 9, offset: '0' }] }], timeout: 1000 },
  InitProducerId: { transactionalId: 'id', transactionTimeout: 1000 },
  AddPartitionsToTxn: { ...identity, topics: [{ topic: 'a', partitions: [0] }, { topic: 'none', partitions: [0] }] },
  AddOffsetsToTxn: { ...identity, groupId: 'g' },
  EndTxn: { ...identity, transactionResult: true },
  TxnOffsetCommit: { ...identity, groupId: 'g', ...offsets },
  DescribeConfigs: { resources: [{ type: 2, name: 'a', configNames: [] }], includeSynonyms: false },
  CreatePartitions: { topicPartitions: [{ topic: 'a', count: 3 }], validateOnly: true, timeout: 1000 },
  DeleteGroups: ['g']
}

/** Kafka.js stops at these; as far as it reads them, the versions above have the same form. */
const newestKnown: Partial<Record<ApiName, number>> = { Produce: 7, CreateTopics: 3, DeleteTopics: 1 }

await t.test('every version of every API is answered in its form, with an injected error too', async t => {
  const { broker, connect } = await start(t)
  broker.topics.create({ name: 'a' })
  const client = await connect()
  for (const { name, versions: [oldest, spoken] } of apis) {
    const newest = name === 'Metadata' ? 6 : spoken // test/wire/authorized.test.ts reads what comes after
    for (let version = oldest; version <= newest; version++) {
      const known = codecs[name === 'FindCoordinator' ? 'GroupCoordinator' : name]?.protocol({ version: Math.min(version, newestKnown[name] ?? version) })
      if (known === undefined) return t.fail(`no codec for ${name} ${version}`)
      const { request, response } = known(bodies[name] ?? {})
      const { buffer } = await request.encode()
      for (const fault of [false, true]) {
        if (fault) broker.faults.push(name, { error: 'TOPIC_ALREADY_EXISTS' })
        client.send(apiKey(name), version, buffer)
        const answer = await client.answer()
        const body = answer.buffer.subarray(answer.at)
        const codes = codesIn(await response.decode(body))
        t.equal(codes.includes(ErrorCode.TOPIC_ALREADY_EXISTS), fault, `${name} ${version}${fault ? ' with an error' : ''}`)
      }
    }
  }
  t.equal(broker.faults.pending, 0)
})

function codesIn (value: unknown): number[] {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return []
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => /errorcode$/i.test(name) ? [Number(inner)] : codesIn(inner))
}
