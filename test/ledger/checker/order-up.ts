import { place, type Connection, type Ledger } from './ledger.ts'
import { publishName, recordNames } from './uplink-ids.ts'
import type { Violation } from './violation.ts'

/**
 * A reader drops ids that are not above the highest seen of their session. What it drops has to be a repeat: a record that
 * comes for the first time behind a higher id is out of order, and lost to that reader.
 */
export function orderUp (ledger: Ledger): Violation[] {
  const highest = new Map<string, number>()
  const seen = new Set<string>()
  const excused = refusedUnheard(ledger)
  const wrong: Violation[] = []
  for (const [record, name] of recordNames(ledger)) {
    const colon = name.lastIndexOf(':')
    const session = name.slice(0, colon)
    const id = Number(name.slice(colon + 1))
    const before = highest.get(session) ?? 0
    if (id > before) highest.set(session, id)
    else if (!seen.has(name) && excused.get(name)?.has(before) !== true) wrong.push({ kind: 'order-up', story: `${name} stands first at ${place(record)}, behind ${before}` })
    seen.add(name)
  }
  return wrong
}

const FINAL = /MESSAGE_TOO_LARGE|AUTHORIZATION_FAILED|INVALID_RECORD/

/**
 * Where Kafka was made to refuse records for good, and then to take the same ones: a device whose connection ended before the
 * refusal came sends again what was refused, behind what it had sent after it there. Those later ids, by the name of the one refused.
 */
function refusedUnheard (ledger: Ledger): Map<string, Set<number>> {
  const unheard = new Map<string, Set<number>>()
  if (!ledger.events.some((event) => event.type === 'fault' && FINAL.test(event.detail))) return unheard
  for (const connection of ledger.connections.values()) {
    if (connection.closed === undefined) continue
    for (const [id, later] of unansweredOn(connection)) {
      const name = publishName(connection, id)
      unheard.set(name, new Set([...unheard.get(name) ?? [], ...later]))
    }
  }
  return unheard
}

/** What had no answer when the connection ended, with the ids that were sent behind it. */
function unansweredOn ({ told }: Connection): Map<number, Set<number>> {
  const open = new Map<number, Set<number>>()
  for (const { event } of told) {
    if (event.type === 'published') {
      for (const later of open.values()) later.add(event.id)
      open.set(event.id, new Set())
    } else if (event.type === 'refused') open.delete(event.id)
    else if (event.type === 'acked') for (const id of open.keys()) if (id <= event.id) open.delete(id)
  }
  return open
}
