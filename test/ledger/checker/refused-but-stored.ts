import { place, type Ledger } from './ledger.ts'
import { publishName, recordNames } from './uplink-ids.ts'
import type { Violation } from './violation.ts'

/** Only where each sending was refused so: any other, one without an answer too, may have stored it. */
export function refusedButStored (ledger: Ledger): Violation[] {
  const open = new Map<string, number>()
  for (const connection of ledger.connections.values()) {
    for (const { event } of connection.told) {
      if (event.type !== 'published' && event.type !== 'refused') continue
      const name = publishName(connection, event.id)
      const sent = open.get(name) ?? 0
      if (event.type === 'published') open.set(name, sent + 1)
      else if (event.outcome === 'not-stored') open.set(name, sent - 1)
    }
  }
  return [...recordNames(ledger)]
    .filter(([, name]) => open.get(name) === 0)
    .map(([record, name]) => ({ kind: 'refused-but-stored', story: `${name} stands at ${place(record)}` }))
}
