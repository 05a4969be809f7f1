/** Counts of assertions, added up over every run of every test file. A todo counts as skipped: it proves nothing. */
export interface Tally { passed: number, failed: number, skipped: number }

export const nothing: Tally = { passed: 0, failed: 0, skipped: 0 }

export function sum (tallies: Tally[]): Tally {
  return tallies.reduce((all, { passed, failed, skipped }) => ({
    passed: all.passed + passed,
    failed: all.failed + failed,
    skipped: all.skipped + skipped
  }), nothing)
}
