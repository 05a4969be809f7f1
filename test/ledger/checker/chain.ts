import type { Stored } from '../history/event.ts'
import type { Connection, Ledger } from './ledger.ts'

/** What a device is due, over connections each of which resumed with a cursor of the one before. */
export class Due {
  /** Records written after this event are due. */
  since: number
  /** Sent already, on this chain. */
  readonly sent: Set<Stored>
  /** The first offset sent, by partition: all behind it is due, whenever it was written. */
  readonly from: Map<number, number>
  /** The chain's first connection. */
  readonly root: number
  readonly #ledger: Ledger

  constructor (ledger: Ledger, root: number, since: number, sent: Iterable<Stored> = [], from: Iterable<[number, number]> = []) {
    this.#ledger = ledger
    this.root = root
    this.since = since
    this.sent = new Set(sent)
    this.from = new Map(from)
  }

  send (record: Stored): void {
    this.sent.add(record)
    const { partition, offset } = record
    this.from.set(partition, Math.min(this.from.get(partition) ?? offset, offset))
  }

  /** From here on it counts anew. */
  gap (n: number): void {
    this.since = n
    this.from.clear()
  }

  /** Due, and not sent. */
  owes (record: Stored): boolean {
    if (this.sent.has(record)) return false
    const writtenAt = this.#ledger.writtenAt.get(record.value) ?? -1
    return writtenAt > this.since || record.offset > (this.from.get(record.partition) ?? Infinity)
  }
}

/** What is due when a connection begins. Live: what is written after its welcome. With a cursor: all that had not been sent when the cursor was told. With anything else: all that there is. */
export function dueAtStart (ledger: Ledger, connection: Connection): Due {
  const { number, opened: { since, sinceEvent }, welcomed } = connection
  if (sinceEvent === undefined) return new Due(ledger, number, since === undefined ? welcomed?.n ?? Infinity : -1)
  const teller = ledger.events[sinceEvent]
  const parent = teller !== undefined && 'socket' in teller ? ledger.connections.get(teller.socket) : undefined
  if (parent === undefined) throw new Error(`socket ${number} came with a cursor that nobody had told it`)
  const due = dueAtStart(ledger, parent)
  for (const { n, event } of parent.told) {
    if (n > sinceEvent) break
    if (event.type === 'gap') due.gap(n)
    const record = event.type === 'delivered' ? ledger.byValue.get(event.value) : undefined
    if (record !== undefined) due.send(record)
  }
  return due
}
