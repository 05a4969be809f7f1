import { place, type Ledger } from './ledger.ts'
import type { Violation } from './violation.ts'

/** On one connection each record comes once, and those of a partition in its order. After a gap told, records may repeat. */
export function doubledDown (ledger: Ledger): Violation[] { return walk(ledger).filter(({ kind }) => kind === 'doubled-down') }

export function orderDown (ledger: Ledger): Violation[] { return walk(ledger).filter(({ kind }) => kind === 'order-down') }

function walk (ledger: Ledger): Violation[] {
  const wrong: Violation[] = []
  for (const connection of ledger.connections.values()) {
    let seen = new Set<string>()
    let highest = new Map<number, number>()
    for (const { event } of connection.told) {
      if (event.type === 'gap') [seen, highest] = [new Set(), new Map()]
      if (event.type !== 'delivered') continue
      const record = ledger.byValue.get(event.value)
      if (record === undefined) continue
      const { partition, offset } = record
      const before = highest.get(partition) ?? -1
      const story = `${place(record)} came to ${ledger.name(connection)} at ${event.at.toFixed(0)} ms`
      if (seen.has(event.value)) wrong.push({ kind: 'doubled-down', story: `${story} for the second time` })
      else if (offset < before) wrong.push({ kind: 'order-down', story: `${story} behind ${before}` })
      seen.add(event.value)
      highest.set(partition, Math.max(before, offset))
    }
  }
  return wrong
}
