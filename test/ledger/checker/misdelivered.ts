import { place, type Ledger } from './ledger.ts'
import type { Violation } from './violation.ts'

export function misdelivered (ledger: Ledger): Violation[] {
  const wrong: Violation[] = []
  for (const connection of ledger.connections.values()) {
    for (const { event } of connection.told) {
      const record = event.type === 'delivered' ? ledger.byValue.get(event.value) : undefined
      if (record !== undefined && record.key !== connection.opened.device) {
        wrong.push({ kind: 'misdelivered', story: `${place(record)}, which is ${record.key}'s, came to ${ledger.name(connection)}` })
      }
    }
  }
  return wrong
}
