import type { Ledger } from './ledger.ts'
import type { Violation } from './violation.ts'

/** Codes that blame the device, or its library: the ledger's devices do nothing to earn them. */
const BLAMES = (code: number): boolean => (code >= 4500 && code < 5000) || [1002, 1003, 1007, 1008, 1009, 4005].includes(code)

/** No retention and no truncation is among the faults, so nothing is ever gone. */
export function falseGap (ledger: Ledger): Violation[] {
  return [...ledger.connections.values()].flatMap((connection) => connection.told.flatMap(({ event }) =>
    event.type === 'gap' ? [{ kind: 'false-gap', story: `${event.reason} at ${event.at.toFixed(0)} ms to ${ledger.name(connection)}` } as const] : []))
}

export function neverLive (ledger: Ledger): Violation[] {
  return [...ledger.connections.values()].flatMap((connection) => {
    const last = connection.told.findLast(({ n, event }) => n < ledger.end && (event.type === 'live' || event.type === 'stalled' || (event.type === 'welcomed' && event.resuming)))?.event
    return connection.stayed && last !== undefined && last.type !== 'live'
      ? [{ kind: 'never-live', story: `${last.type}${last.type === 'stalled' ? ` (${last.message})` : ''} at ${last.at.toFixed(0)} ms was the last that was said to ${ledger.name(connection)}` } as const]
      : []
  })
}

export function wrongClose (ledger: Ledger): Violation[] {
  const closed = [...ledger.connections.values()].flatMap((connection) => connection.closed !== undefined && BLAMES(connection.closed.code)
    ? [{ kind: 'wrong-close', story: `${connection.closed.code} ${connection.closed.reason}, said to ${ledger.name(connection)}` } as const]
    : [])
  const turnedAway = ledger.events.flatMap((event) => event.type === 'turned-away' && event.status < 500
    ? [{ kind: 'wrong-close', story: `${event.status} ${event.code}, said to ${event.device} with ${event.query}` } as const]
    : [])
  return [...closed, ...turnedAway]
}

export function notBack (ledger: Ledger): Violation[] {
  const end = ledger.events[ledger.end]
  if (end?.type !== 'ended') throw new Error('the history has no end')
  const open = [...ledger.connections.values()].filter(({ stayed }) => stayed).map(({ opened }) => opened.device)
  return [...new Set(end.devices)].flatMap((device) => {
    const [due, there] = [end.devices, open].map((names) => names.filter((name) => name === device).length) as [number, number]
    return there < due ? [{ kind: 'not-back', story: `${device} has ${there} of its ${due} sockets` } as const] : []
  })
}
