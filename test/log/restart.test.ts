import t from 'tap'
import { becomes, faulty, TOPIC } from './faulty.ts'
import { Collector } from './given.ts'

/** Whether this process has a connection, on either side. */
function connected (): boolean { return process.getActiveResourcesInfo().some((kind) => kind.startsWith('TCPSocket')) }

await t.test('a broker that goes and comes back: both directions go on, nothing is lost or doubled', async t => {
  const { log, ledger, put, content, stop, restart } = await faulty(t, { dir: true })
  const collector = new Collector()
  log.tail(TOPIC, [0], collector)
  put(1, 2)
  await collector.records(2)
  for (let round = 1; round <= 2; round++) {
    const from = round * 10
    await stop()
    put(from, from + 1)
    await becomes(() => log.health().stalls.length === 2)
    put(from + 2)
    await restart()
    await ledger.answered(2 + round * 3)
    await collector.records(2 + round * 3)
    await becomes(() => log.health().stalls.length === 0)
  }
  const all = ['1', '2', '10', '11', '12', '20', '21', '22']
  t.strictSame([collector.values, await content()], [all, all])
  t.strictSame([collector.told, ledger.failures], [[], []])
})

await t.test('while it is away for too long what was never sent fails as away, in order, and later appends are stored', async t => {
  const { log, ledger, put, content, stop, restart } = await faulty(t, { dir: true, holdMs: 300 })
  put(1)
  await ledger.answered(1)
  await stop()
  await becomes(() => !connected())
  put(2, 3)
  await becomes(() => log.health().stalls.length > 0)
  put(4)
  await ledger.answered(4)
  t.strictSame(ledger.failures, [2, 3, 4].map((id) => ({ id, code: 'kafka-away', reason: 'the connection was refused' })))
  await restart()
  put(5)
  await ledger.answered(5)
  t.strictSame(await content(), ['1', '5'])
})

await t.test('a log that is closed while its broker is away lets go of everything', async t => {
  const { log, ledger, put, stop } = await faulty(t, { requestTimeoutMs: 1_000 })
  log.tail(TOPIC, [0], new Collector())
  put(1)
  await ledger.answered(1)
  await stop()
  put(2)
  await becomes(() => log.health().stalls.length === 2)
  await log.close()
  await becomes(() => !connected())
  t.equal(ledger.failures.length, 0)
})

await t.test('and while its broker answers', async t => {
  const { log, ledger, put, stop } = await faulty(t)
  const collector = new Collector()
  log.tail(TOPIC, [0], collector)
  put(1)
  await ledger.answered(1)
  await collector.records(1)
  put(2)
  await log.close()
  await stop()
  await becomes(() => !connected())
  t.ok(collector.seen.length >= 1)
})
