import { place, type Ledger } from './ledger.ts'
import { recordNames } from './uplink-ids.ts'
import type { Violation } from './violation.ts'

/**
 * A reader drops ids that are not above the highest seen of their session. What it drops has to be a repeat: a record that
 * comes for the first time behind a higher id is out of order, and lost to that reader.
 */
export function orderUp (ledger: Ledger): Violation[] {
  const highest = new Map<string, number>()
  const seen = new Set<string>()
  const wrong: Violation[] = []
  for (const [record, name] of recordNames(ledger)) {
    const colon = name.lastIndexOf(':')
    const session = name.slice(0, colon)
    const id = Number(name.slice(colon + 1))
    const before = highest.get(session) ?? 0
    if (id > before) highest.set(session, id)
    else if (!seen.has(name)) wrong.push({ kind: 'order-up', story: `${name} stands first at ${place(record)}, behind ${before}` })
    seen.add(name)
  }
  return wrong
}
