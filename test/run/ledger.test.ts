import t from 'tap'
import { ledgerCounts } from './ledger.ts'

await t.test("the ledger's last line is what counts", async (t) => {
  const line = 'seed 1: well\n\n3 seeds, 12 faults in 9 s; 48 passed, 0 failed\n'
  t.strictSame(ledgerCounts(line, true), { passed: 48, failed: 0, skipped: 0 })
  t.strictSame(ledgerCounts(line.replace('0 failed', '2 failed'), false), { passed: 48, failed: 2, skipped: 0 })
})

await t.test('an end without it, or with nothing done, or a bad one, is a failure', async (t) => {
  t.equal(ledgerCounts('', true).failed, 1)
  t.equal(ledgerCounts('0 seeds, 0 faults in 120 s; 0 passed, 0 failed\n', true).failed, 1)
  t.equal(ledgerCounts('3 seeds, 12 faults in 9 s; 48 passed, 0 failed\n', false).failed, 1)
})
