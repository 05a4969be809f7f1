import type { Kind, Violation } from './checker/violation.ts'
import type { Event } from './history/event.ts'

/** What one run, or many, came to. */
export interface Tally {
  seeds: number
  /** One check for each kind of violation in each seed: those that failed. */
  failed: number
  /** Frames that devices published, resends included. */
  frames: number
  acks: number
  refusals: number
  deliveries: number
  sockets: number
  faults: Record<string, number>
  violations: Partial<Record<Kind, number>>
  /** By fault: the longest time from its end to the next ack, and to the next delivery, where no other fault was about. */
  worstMs: Record<string, { ack: number, delivery: number }>
}

export function nothing (): Tally {
  return { seeds: 0, failed: 0, frames: 0, acks: 0, refusals: 0, deliveries: 0, sockets: 0, faults: {}, violations: {}, worstMs: {} }
}

export function tallyOf (events: readonly Event[], violations: readonly Violation[]): Tally {
  const tally: Tally = { ...nothing(), seeds: 1 }
  const count = (type: Event['type']): number => events.filter((event) => event.type === type).length
  tally.frames = count('published')
  tally.acks = count('acked')
  tally.refusals = count('refused')
  tally.deliveries = count('delivered')
  tally.sockets = count('opened')
  for (const event of events) if (event.type === 'fault') tally.faults[event.fault] = (tally.faults[event.fault] ?? 0) + 1
  for (const { kind } of violations) tally.violations[kind] = (tally.violations[kind] ?? 0) + 1
  tally.failed = Object.keys(tally.violations).length
  tally.worstMs = worst(events)
  return tally
}

/** From each fault's end, unless another one is about before the next ack or delivery. */
function worst (events: readonly Event[]): Tally['worstMs'] {
  const worstMs: Tally['worstMs'] = {}
  let about = 0
  events.forEach((event, n) => {
    if (event.type === 'fault') about++
    if (event.type !== 'fault-ended') return
    about--
    if (about > 0) return
    const rest = events.slice(n + 1)
    const next = rest.findIndex(({ type }) => type === 'fault' || type === 'ended')
    const quiet = next === -1 ? rest : rest.slice(0, next)
    const after = (type: Event['type']): number => (quiet.find((one) => one.type === type)?.at ?? event.at) - event.at
    merge(worstMs, event.fault, { ack: after('acked'), delivery: after('delivered') })
  })
  return worstMs
}

function merge (worstMs: Tally['worstMs'], fault: string, { ack, delivery }: { ack: number, delivery: number }): void {
  const before = worstMs[fault] ?? { ack: 0, delivery: 0 }
  worstMs[fault] = { ack: Math.max(before.ack, ack), delivery: Math.max(before.delivery, delivery) }
}

export function add (all: Tally, one: Tally): void {
  for (const name of ['seeds', 'failed', 'frames', 'acks', 'refusals', 'deliveries', 'sockets'] as const) all[name] += one[name]
  for (const [fault, count] of Object.entries(one.faults)) all.faults[fault] = (all.faults[fault] ?? 0) + count
  for (const [kind, count] of Object.entries(one.violations) as Array<[Kind, number]>) all.violations[kind] = (all.violations[kind] ?? 0) + count
  for (const [fault, times] of Object.entries(one.worstMs)) merge(all.worstMs, fault, times)
}
