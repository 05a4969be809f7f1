import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { createQuotas } from '../../src/limits/create.ts'
import { HeldClock } from '../session/given.ts'

const standard = { framesPerSecond: 1, bytesPerSecond: 2, burstMs: 3 }
const gold = { framesPerSecond: 100, bytesPerSecond: 0, burstMs: 2000 }

await t.test('classes are those of the file, also when it is changed; what an operator has set stays until then', async t => {
  const file = join(t.testdir(), 'quotas.json')
  const clock = new HeldClock()
  const closing = new AbortController()
  const said: string[] = []
  t.teardown(() => closing.abort())
  writeFileSync(file, JSON.stringify({ gold }))
  const quotas = createQuotas({ ...standard, file }, { clock, log: { warn: (sentence) => said.push(sentence) }, closing: closing.signal })
  t.same(quotas.list(), { default: standard, gold })
  quotas.set('lead', gold)
  let loads = 0
  quotas.onSet = () => { loads += 1 }
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) {
      clock.advance(1_000)
      await turn()
    }
  }
  for (let n = 0; n < 100; n++) {
    clock.advance(100)
    await turn()
  }
  t.ok(quotas.has('lead'))
  writeFileSync(file, JSON.stringify({ default: gold, silver: gold }))
  await until(() => loads > 0)
  t.same(quotas.list(), { default: gold, silver: gold })
  rmSync(file)
  await until(() => said.length > 0)
  t.match(said, [/^The configuration has a mistake: quotas.file cannot be read: /])
  t.same(quotas.list(), { default: gold, silver: gold })
})

await t.test('without a file there is the default class', async t => {
  const quotas = createQuotas(standard, { clock: new HeldClock(), log: { warn: () => {} }, closing: AbortSignal.abort() })
  t.same(quotas.list(), { default: standard })
})

await t.test('a start with mistakes in the file does not happen', async t => {
  const file = join(t.testdir(), 'none.json')
  t.throws(() => createQuotas({ ...standard, file }, { clock: new HeldClock(), log: { warn: () => {} }, closing: AbortSignal.abort() }), /quotas.file cannot be read/)
})
