import { mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Audit } from '../../src/audit/audit.ts'
import { createAudit } from '../../src/audit/create.ts'
import { topicSink } from '../../src/audit/topic.ts'
import { systemClock } from '../../src/clock.ts'
import { defaults } from '../../src/config/index.ts'
import { LogError, type Log, type Waiter } from '../../src/log/log.ts'
import { HeldClock } from '../session/given.ts'

const noLog = { topic: () => { throw new LogError('topic-missing', 'not open') } } as unknown as Log

await t.test('a line is one JSON object, whatever a caller says of itself', async (t) => {
  const lines: string[] = []
  const clock = new HeldClock()
  new Audit(clock, [(line) => lines.push(line)]).write('refused', { device: 'a\n{"act":"connected"}', origin: 'x'.repeat(5_000), code: undefined, roles: ['device'] })
  t.equal(lines.length, 1)
  t.equal(lines[0]?.indexOf('\n'), (lines[0]?.length ?? 0) - 1)
  t.strictSame(JSON.parse(String(lines[0])), { log: 'audit', time: new Date(clock.now()).toISOString(), act: 'refused', device: 'a\n{"act":"connected"}', origin: 'x'.repeat(256), roles: ['device'] })
})

await t.test('no more than so many lines a second, and the next one says how many were left out', async (t) => {
  const lines: string[] = []
  const clock = new HeldClock()
  const audit = new Audit(clock, [(line) => lines.push(line)])
  for (let n = 0; n < 700; n++) audit.write('refused', { code: 'unauthenticated' })
  t.strictSame([lines.length, audit.lost], [500, 200])
  clock.advance(100)
  audit.write('refused', { code: 'unauthenticated' })
  audit.write('refused', { code: 'unauthenticated' })
  t.strictSame(lines.slice(-2).map((line) => (JSON.parse(line) as { suppressed?: number }).suppressed), [200, undefined])
})

await t.test('to a file that only its owner reads, and that is appended to', async (t) => {
  const file = join(mkdtempSync(join(tmpdir(), 'sluice-audit-')), 'audit.log')
  for (const device of ['one', 'two']) {
    const open = createAudit(defaults({ audit: { file } }), noLog, systemClock, (sentence) => t.fail(sentence))
    open?.audit.write('connected', { device })
    await open?.close()
  }
  t.strictSame(readable(file).trim().split('\n').map((line) => (JSON.parse(line) as { device: string }).device), ['one', 'two'])
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.equal(createAudit(defaults(), noLog, systemClock, () => {}), undefined, 'nowhere to write to')
})

await t.test('what operators do is written, however many are refused', (t) => {
  const acts: string[] = []
  const audit = new Audit(new HeldClock(), [(line) => acts.push((JSON.parse(line) as { act: string }).act)])
  for (let n = 0; n < 700; n++) audit.write('refused', {})
  for (const act of ['revoked', 'lifted', 'kicked', 'quota'] as const) audit.write(act, {})
  t.strictSame(acts.slice(500), ['revoked', 'lifted', 'kicked', 'quota'])
  t.end()
})

await t.test('what a terminal would obey is written as a number', (t) => {
  const lines: string[] = []
  const origin = 'a\u009b31m\u202e\u2066\u007f'
  new Audit(new HeldClock(), [(line) => lines.push(line)]).write('refused', { origin })
  t.match(lines[0], /"origin":"a\\u009b31m\\u202e\\u2066\\u007f"/)
  t.equal((JSON.parse(String(lines[0])) as { origin: string }).origin, origin)
  t.end()
})

await t.test('what no topic takes is counted', async (t) => {
  let lost = 0
  const waiters: Waiter[] = []
  let hasRoom = true
  const log = { topic: () => ({ partitions: 3, append: (...all: unknown[]) => { waiters.push(all[6] as Waiter); return hasRoom } }) } as unknown as Log
  const sink = topicSink(log, 'audit', () => { lost += 1 })
  sink('{}\n')
  waiters[0]?.stored(1, 1, 0, 0)
  t.equal(lost, 0)
  waiters[0]?.failed(1, { code: 'kafka-away', reason: '' })
  t.equal(lost, 1)
  hasRoom = false
  sink('{}\n')
  t.equal(lost, 2)
  topicSink(noLog, 'audit', () => { lost += 1 })('{}\n')
  t.equal(lost, 3)
})

function readable (file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
