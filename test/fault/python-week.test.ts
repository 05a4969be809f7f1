import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import t from 'tap'
import { parseCursor } from '../../src/protocol/cursor.ts'
import { encode } from '../../src/positions/record.ts'
import { readAll, withAdmin, write } from '../flow/kafka.ts'
import { Onlooker } from '../positions/given.ts'
import { faultyKafka, isReal, without } from './faulty-kafka.ts'
import { forkGateway } from './fork-gateway.ts'
import { python, withoutPython } from './python.ts'

const DAY = 86_400_000
const MIB = 1024 * 1024
const TOPICS = ['up', 'down'] as const
const POSITIONS = 'down.positions'
/** What Kafka needs to clean soon. */
const COMPACTED = { 'cleanup.policy': 'compact', 'segment.bytes': String(MIB), 'min.cleanable.dirty.ratio': '0.01' }

const [, snippet] = /```python\n(.*?)```/s.exec(readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'protocol.md'), 'utf8')) as unknown as [string, string]

/** The device of docs/protocol.md, and the lines that it prints. */
function device (origin: string): { child: ChildProcess, lines: Interface } {
  const child = spawn(python, ['-c', snippet.replace('ws://localhost:8080', origin.replace('http', 'ws'))], { stdio: ['ignore', 'pipe', 'inherit'] })
  return { child, lines: createInterface({ input: child.stdout as NodeJS.ReadableStream }) }
}

async function take (lines: Interface, count: number): Promise<string[]> {
  const taken: string[] = []
  const take = (line: string): void => { taken.push(line) }
  lines.on('line', take)
  while (taken.length < count) await once(lines, 'line')
  lines.off('line', take)
  return taken
}

/** Lets Kafka's retention take what is older than that; the embedded broker's goes by bytes, so there it is told. */
async function retain (brokers: string, retentionMs: number, start: string): Promise<void> {
  await withAdmin(brokers, async (admin) => {
    if (!isReal) {
      await admin.fetchTopicMetadata({ topics: [TOPICS[1]] })
      return await admin.deleteTopicRecords({ topic: TOPICS[1], partitions: [{ partition: 0, offset: start }] })
    }
    await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: TOPICS[1], configEntries: [{ name: 'retention.ms', value: String(retentionMs) }] }] })
    while ((await admin.fetchTopicOffsets(TOPICS[1]))[0]?.low !== start);
  })
}

await t.test('with Python\'s websockets and no code of ours: a week off, back with ?resume=main, and the commands arrive (G4)', { skip: without() || withoutPython() }, async (t) => {
  const kafka = await faultyKafka(t, { 'log.retention.check.interval.ms': '200', 'log.initial.task.delay.ms': '200' })
  const { brokers } = kafka
  const now = Date.now()
  const stamped = (daysAgo: number, key: string, ...values: string[]) => values.map((value) => ({ key, value, timestamp: String(now - daysAgo * DAY) }))
  const position = (n: number): string => encode({ cursor: '0'.repeat(1_000), claim: `another:${n}`, partitions: 1 }).toString()
  await withAdmin(brokers, (admin) => admin.createTopics({
    waitForLeaders: true,
    topics: [
      { topic: TOPICS[0] }, { topic: TOPICS[1], configEntries: [{ name: 'retention.ms', value: '-1' }] },
      { topic: POSITIONS, configEntries: Object.entries(COMPACTED).map(([name, value]) => ({ name, value })) }
    ].map((topic) => ({ ...topic, numPartitions: 1, replicationFactor: 1 }))
  }))
  const onlooker = await Onlooker.on(t, brokers, POSITIONS)
  const stands = (): number | undefined => parseCursor(onlooker.last('lamp/main')?.cursor ?? '')?.places[0]?.offset
  await write(brokers, POSITIONS, stamped(31, 'gone/main', position(1)))

  // A week ago.
  const first = await forkGateway(brokers, TOPICS, { agoMs: 7 * DAY })
  t.teardown(() => first.child.kill('SIGKILL'))
  const before = device(first.origin)
  t.teardown(() => before.child.kill('SIGKILL'))
  await onlooker.until(() => stands() === 0)
  const read = take(before.lines, 3)
  await write(brokers, TOPICS[1], stamped(7, 'lamp', 'on', 'off', 'blink'))
  t.same(await read, ['on', 'off', 'blink'])
  await onlooker.until(() => stands() === 3)
  before.child.kill('SIGKILL')
  first.child.kill('SIGKILL')
  const moved = (await readAll(brokers, POSITIONS)).filter(({ key }) => key === 'lamp/main')
  t.ok(moved.length > 1 && moved.every(({ timeMs }) => Math.abs(timeMs - (now - 7 * DAY)) < DAY / 24), 'its positions were written a week ago')

  // Meanwhile.
  await retain(brokers, 6.5 * DAY, '3')
  const expected: string[] = []
  for (let daysAgo = 6; daysAgo >= 0; daysAgo--) {
    await write(brokers, TOPICS[1], stamped(daysAgo, 'somebody-else', 'x', 'x', 'x'))
    const commands = Array.from({ length: 5 }, (_, n) => `${daysAgo} days ago, ${n}`)
    await write(brokers, TOPICS[1], stamped(daysAgo, 'lamp', ...commands))
    expected.push(...commands)
  }
  for (let n = 0; n < 6; n++) await write(brokers, POSITIONS, stamped(6 - n, 'busy/main', ...Array.from({ length: 500 }, (_, i) => position(500 * n + i))))
  while ((await readAll(brokers, POSITIONS)).filter(({ key }) => key === 'lamp/main').length > 1); // until Kafka has compacted it
  await kafka.kill()
  await kafka.restart()

  // Today.
  const second = await forkGateway(brokers, TOPICS)
  t.teardown(() => second.child.kill('SIGKILL'))
  await onlooker.until(() => onlooker.last('gone/main') === null) // by positions.retentionMs
  const after = device(second.origin)
  t.teardown(() => after.child.kill('SIGKILL'))
  const reading = take(after.lines, expected.length + 1)
  await write(brokers, TOPICS[1], stamped(0, 'lamp', 'now'))
  t.same(await reading, [...expected, 'now'], 'exactly these, in order')
  t.notMatch(await (await fetch(`${second.origin}/metrics`)).text(), /^sluice_gaps_total\S* [1-9]/m, 'and nothing was gone')
})
