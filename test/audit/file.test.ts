import { spawnSync } from 'node:child_process'
import { closeSync, constants, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { FileSink } from '../../src/audit/file.ts'
import { HeldClock } from '../session/given.ts'
import { becomes } from '../log/faulty.ts'

const FULL = '/dev/full'
const folder = mkdtempSync(join(tmpdir(), 'sluice-audit-file-'))
const FIFO = join(folder, 'fifo')
t.teardown(() => rmSync(folder, { recursive: true }))

function given (path: string) {
  const clock = new HeldClock()
  const told: string[] = []
  const count = { lost: 0 }
  return { clock, told, count, sink: new FileSink(path, clock, { lost: () => { count.lost += 1 }, warn: (sentence) => told.push(sentence) }) }
}

await t.test('a file that cannot be opened is a mistake in the settings', (t) => {
  t.throws(() => given(join(folder, 'missing', 'file')), /audit\.file names ".*", which cannot be appended to: ENOENT/)
  t.throws(() => given(folder), /cannot be appended to: EISDIR/)
  t.end()
})

await t.test('a full disk loses lines, is told once, and is tried again a second later', { skip: !existsSync(FULL) && `there is no ${FULL}` }, async (t) => {
  const { clock, told, count, sink } = given(FULL)
  sink.write('one\n')
  sink.write('two\n')
  await becomes(() => told.length === 1)
  t.equal(count.lost, 2)
  t.strictSame(told, [`The audit log cannot be written to ${FULL}: ENOSPC. Lines are lost until it can.`])
  sink.write('at once\n')
  t.equal(count.lost, 3)
  clock.advance(1_000)
  sink.write('later\n')
  await becomes(() => count.lost === 4)
  await sink.close()
  clock.advance(1_000)
  sink.write('again\n')
  await sink.close()
  t.equal(count.lost, 5, 'a close does not wait for what cannot be written')
  t.equal(told.length, 1)
})

await t.test('a stop does not wait for a file that takes nothing', { skip: spawnSync('mkfifo', [FIFO]).status !== 0 && 'there is no mkfifo here' }, async (t) => {
  const reader = openSync(FIFO, constants.O_RDWR | constants.O_NONBLOCK) // and it reads nothing
  const { clock, sink } = given(FIFO)
  for (let n = 0; n < 4; n++) sink.write('x'.repeat(100_000))
  let isClosed = false
  const closed = sink.close().then(() => { isClosed = true })
  clock.advance(999)
  await new Promise((resolve) => setImmediate(resolve))
  t.notOk(isClosed)
  clock.advance(1)
  await closed
  const drain = Buffer.alloc(65_536)
  for (let left = 400_000; left > 0;) {
    try {
      left -= readSync(reader, drain)
    } catch { // nothing there yet
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  closeSync(reader)
})

await t.test('a file that comes back is told', async (t) => {
  const place = join(folder, 'place')
  const { clock, told, count, sink } = given(join(folder, 'other'))
  const { sink: moved, clock: itsClock, told: heard, count: its } = given(place)
  rmSync(place)
  mkdirSync(place) // as no file can be opened there
  moved.write('lost\n')
  await becomes(() => heard.length === 1)
  t.equal(its.lost, 1)
  rmdirSync(place)
  itsClock.advance(1_000)
  moved.write('kept\n')
  await becomes(() => heard.length === 2)
  await moved.close()
  t.match(heard, [/EISDIR/, /^The audit log is written to .* again\.$/])
  t.equal(readFileSync(place, 'utf8'), '\nkept\n')

  const line = `${'x'.repeat(600_000)}\n`
  for (let n = 0; n < 4; n++) sink.write(line)
  t.equal(count.lost, 2, 'what waits for a slow disk is bounded')
  await sink.close()
  t.equal(readFileSync(join(folder, 'other')).length, 2 * line.length)
  t.strictSame([told, clock.timers], [[], 0])
})
