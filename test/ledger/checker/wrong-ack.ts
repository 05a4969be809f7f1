import { publishName, recordNames } from './uplink-ids.ts'
import type { Ledger } from './ledger.ts'
import type { Violation } from './violation.ts'

/** Where an ack names a place, the record that it names stands there. */
export function wrongAck (ledger: Ledger): Violation[] {
  const names = new Map([...recordNames(ledger)].map(([{ partition, offset }, name]) => [`${partition}/${offset}`, name]))
  const wrong: Violation[] = []
  for (const connection of ledger.connections.values()) {
    const sent = new Set<number>()
    for (const { event } of connection.told) {
      if (event.type === 'published') sent.add(event.id)
      if (event.type !== 'acked') continue
      const { id, partition, offset } = event
      const stands = names.get(`${partition}/${offset}`)
      if (!sent.has(id)) wrong.push({ kind: 'wrong-ack', story: `${id} of ${ledger.name(connection)} was never sent` })
      else if (offset >= 0 && stands !== publishName(connection, id)) {
        wrong.push({ kind: 'wrong-ack', story: `${id} of ${ledger.name(connection)} should stand in partition ${partition} at ${offset}; there is ${stands ?? 'nothing'}` })
      }
    }
  }
  return wrong
}
