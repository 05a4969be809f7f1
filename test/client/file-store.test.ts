import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { fileStore } from '../../src/client/stores/file.ts'

const kill = process.kill.bind(process)
const put = (id: number, text = `frame ${id}`): { put: Array<[number, string]>, drop: number[], lastId: number } => ({ put: [[id, text]], drop: [], lastId: id })

await t.test('what was written is there after a crash, but for a line that was cut short', async (t) => {
  const path = join(t.testdir(), 'deep', 'client')
  const first = fileStore(path)
  t.equal(await first.open(), undefined)
  await first.write({ session: 's', ...put(1) })
  await first.write(put(2))
  await first.write({ put: [], drop: [1], cursor: 'c' })
  appendFileSync(path, '{"put":[[3,"cut sh')
  const kept = { session: 's', lastId: 2, cursor: 'c', frames: [[2, 'frame 2']] }
  await first.close()
  writeFileSync(`${path}.lock`, '4194305') // the lock of a process that is no more
  const second = fileStore(path)
  t.same(await second.open(), kept)
  await second.write(put(3))
  await second.close()
  t.notOk(existsSync(`${path}.lock`))
  const third = fileStore(path)
  t.same(await third.open(), { ...kept, lastId: 3, frames: [[2, 'frame 2'], [3, 'frame 3']] })
  await third.close()
})

await t.test('one process at a time has it, and one client in it', async (t) => {
  const path = join(t.testdir(), 'client')
  const store = fileStore(path)
  const opening = store.open()
  await t.rejects(fileStore(path).open(), /is held by process \d+/)
  await opening
  await store.close()
  writeFileSync(`${path}.lock`, String(process.ppid))
  const refused = fileStore(path)
  await t.rejects(refused.open(), /is held by process/)
  await refused.close()
  t.ok(existsSync(`${path}.lock`), 'whoever was refused takes no lock away')
  writeFileSync(`${path}.lock`, '1')
  await t.rejects(fileStore(path).open(), /is held by process 1/, 'also if it is another user\'s')
})

await t.test('of two that find the lock of a process that is no more, one gets it', async (t) => {
  const path = join(t.testdir(), 'client')
  const lock = `${path}.lock`
  writeFileSync(lock, '4194305')
  t.intercept(process, 'kill', {
    value: (pid: number, signal: number) => {
      if (readFileSync(lock, 'utf8') === '4194305') writeFileSync(lock, String(process.ppid)) // another was faster
      return kill(pid, signal)
    }
  })
  await t.rejects(fileStore(path).open(), { code: 'EEXIST' })
  t.equal(readFileSync(lock, 'utf8'), String(process.ppid), 'its fresh lock stays')
  t.same(readdirSync(dirname(path)), ['client.lock'])
})

await t.test('while another takes away the lock of a process that is no more, nobody else does', async (t) => {
  const path = join(t.testdir(), 'client')
  writeFileSync(`${path}.lock`, '4194305')
  writeFileSync(`${path}.lock.stale`, String(process.ppid))
  await t.rejects(fileStore(path).open(), /client\.lock\.stale is held by process/)
  t.equal(readFileSync(`${path}.lock`, 'utf8'), '4194305')
  writeFileSync(`${path}.lock.stale`, '4194304') // it died over it
  const store = fileStore(path)
  await store.open()
  await store.close()
  t.same(readdirSync(dirname(path)), ['client'])
})

await t.test('a folder in the place of the file is told', async (t) => {
  const dir = t.testdir({ client: {} })
  const store = fileStore(join(dir, 'client'))
  await t.rejects(store.open(), { code: 'EISDIR' })
  await store.close()
  t.notOk(existsSync(join(dir, 'client.lock')))
})

await t.test('it does not grow for ever', async (t) => {
  const path = join(t.testdir(), 'client')
  const store = fileStore(path)
  await store.open()
  await store.write({ session: 's', ...put(1) })
  for (let id = 2; id <= 12; id++) await store.write({ put: [[id, 'x'.repeat(100_000)]], drop: [id - 1], lastId: id })
  t.ok(statSync(path).size > 1024 * 1024)
  await store.write({ put: [], drop: [12] })
  t.same(JSON.parse(readFileSync(path, 'utf8')), { session: 's', lastId: 12, put: [], drop: [] })
  await store.close()
  await store.write(put(13))
  t.ok(statSync(path).size < 100, 'what comes after the close is not written')
})
