import { place, type Ledger } from './ledger.ts'
import { publishes, recordNames } from './uplink-ids.ts'
import type { Violation } from './violation.ts'

/** Every value that the workload writes says this of itself somewhere, so that one that was changed is still known. */
const SERIAL = /#[\w./~-]+#/

export function corrupted (ledger: Ledger): Violation[] { return walk(ledger).filter(({ kind }) => kind === 'corrupted') }

export function phantom (ledger: Ledger): Violation[] { return walk(ledger).filter(({ kind }) => kind === 'phantom') }

function walk (ledger: Ledger): Violation[] { return [...stored(ledger), ...delivered(ledger)] }

function stored (ledger: Ledger): Violation[] {
  const sent = publishes(ledger)
  const serials = serialsOf(sent.values())
  const wrong: Violation[] = []
  for (const [record, name] of recordNames(ledger)) {
    const value = sent.get(name)
    if (value === record.value) continue
    const isOurs = value !== undefined || serials.has(serialOf(record.value))
    wrong.push({ kind: isOurs ? 'corrupted' : 'phantom', story: `${place(record)} (${name}) holds ${short(record.value)}, ${value === undefined ? 'and nobody published that' : `not ${short(value)}`}` })
  }
  return wrong
}

/** Each value that came is one that stands in the topic, for readers of what is committed. */
function delivered (ledger: Ledger): Violation[] {
  const serials = serialsOf(ledger.committed)
  const wrong: Violation[] = []
  for (const connection of ledger.connections.values()) {
    for (const { event } of connection.told) {
      if (event.type !== 'delivered' || ledger.committed.has(event.value)) continue
      const kind = serials.has(serialOf(event.value)) ? 'corrupted' : 'phantom'
      wrong.push({ kind, story: `${short(event.value)} came to ${ledger.name(connection)} at ${event.at.toFixed(0)} ms, and does not stand in the downlink` })
    }
  }
  return wrong
}

function serialOf (value: string): string { return SERIAL.exec(value)?.[0] ?? value }

function serialsOf (values: Iterable<string>): Set<string> { return new Set(Array.from(values, serialOf)) }

function short (value: string): string { return value.length > 60 ? `${value.slice(0, 60)}…` : value }
