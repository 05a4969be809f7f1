import { publishName, recordNames } from './uplink-ids.ts'
import type { Ledger } from './ledger.ts'
import type { Violation } from './violation.ts'

/** An ack covers what was sent before it on its connection, up to its id, and was not refused. */
export function lostUp (ledger: Ledger): Violation[] {
  const there = new Set(recordNames(ledger).values())
  const lost: Violation[] = []
  for (const connection of ledger.connections.values()) {
    const open = new Set<number>()
    for (const { event } of connection.told) {
      if (event.type === 'published') open.add(event.id)
      else if (event.type === 'refused') open.delete(event.id)
      else if (event.type === 'acked') {
        for (const id of open) {
          if (id > event.id) continue
          open.delete(id)
          if (!there.has(publishName(connection, id))) lost.push({ kind: 'lost-up', story: `${id} of ${ledger.name(connection)}, acked at ${event.at.toFixed(0)} ms with ${event.id}` })
        }
      }
    }
  }
  return lost
}
