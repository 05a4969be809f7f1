import t from 'tap'
import { ageing } from '../../src/client/age.ts'
import { parseSince } from '../../src/protocol/since.ts'

const YEAR_2026_MS = Date.UTC(2026)

function later (since: string | undefined, elapsedMs: number): string | undefined {
  let now = 0
  const age = ageing(since, () => now)
  now = 5_000 // what passed before the first call does not count
  age()
  now += elapsedMs
  return age()
}

await t.test('an age grows by the time that has passed, and the server reads what it has become', async (t) => {
  const cases = [
    ['-10m', 0, '-10m'],
    ['-10m', 1, '-601s'],
    ['-10m', 300_000, '-900s'],
    ['-30s', 1_001, '-32s'],
    ['-2h', 60_000, '-7260s'],
    ['-1d', 60_000, '-86460s'],
    ['-1d', -60_000, '-1d'], // the clock was set back
    ['-10m', YEAR_2026_MS, '-999999999s'], // the clock was set, from 1970 on
    ['-999999999d', 1, '-999999999s']
  ] as const
  for (const [since, elapsedMs, becomes] of cases) {
    t.equal(later(since, elapsedMs), becomes)
    t.equal(parseSince(becomes, YEAR_2026_MS)?.kind, 'time')
  }
})

await t.test('what is no age stays as it is', async (t) => {
  for (const since of ['earliest', '2026-11-23T10:00:00Z', '1.k2', '-10w', '-1234567890s', '', undefined]) t.equal(later(since, 60_000), since)
})
