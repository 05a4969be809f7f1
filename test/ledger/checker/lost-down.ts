import { dueAtStart, type Due } from './chain.ts'
import { place, type Connection, type Ledger } from './ledger.ts'
import type { Violation } from './violation.ts'

/**
 * By the meaning of cursors: to a connection that stayed, everything that was due came by the end. On one that ended, or was told
 * of a gap, nothing before the last record sent is missing. Raw sockets are told neither cursors nor that they are live.
 */
export function lostDown (ledger: Ledger): Violation[] {
  const lost = new Map<string, Violation>()
  for (const connection of ledger.connections.values()) {
    if (connection.opened.mode === 'raw') continue
    const due = dueAtStart(ledger, connection)
    let last = new Map<number, number>()
    for (const { n, event } of connection.told) {
      if (event.type === 'gap') {
        look(ledger, connection, due, last, lost)
        due.gap(n)
        last = new Map()
      }
      const record = event.type === 'delivered' ? ledger.byValue.get(event.value) : undefined
      if (record === undefined) continue
      due.send(record)
      last.set(record.partition, Math.max(last.get(record.partition) ?? -1, record.offset))
    }
    look(ledger, connection, due, connection.stayed ? undefined : last, lost)
  }
  return [...lost.values()]
}

/** What is owed before `last`, by partition; all that is owed without it. */
function look (ledger: Ledger, connection: Connection, due: Due, last: Map<number, number> | undefined, lost: Map<string, Violation>): void {
  for (const record of ledger.ofDevice.get(connection.opened.device) ?? []) {
    if (last !== undefined && record.offset > (last.get(record.partition) ?? -1)) continue
    const name = `${due.root} ${place(record)}`
    if (lost.has(name) || !due.owes(record)) continue
    const { stayed, opened: { since } } = connection
    lost.set(name, {
      kind: 'lost-down',
      story: `${place(record)} did not come to ${ledger.name(connection)}, which began ${since === undefined ? 'live' : `with ${since}`} and ${stayed ? 'stayed' : 'was sent later ones'}`
    })
  }
}
