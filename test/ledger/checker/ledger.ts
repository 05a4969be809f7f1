import type { Closed, Event, Opened, Stored, Welcomed } from '../history/event.ts'

export interface Told { readonly n: number, readonly event: Event }

/** One connection's whole story. */
export interface Connection {
  readonly number: number
  readonly opened: Opened
  /** Its own events, with their numbers in the history. */
  readonly told: readonly Told[]
  readonly welcomed: (Told & { event: Welcomed }) | undefined
  readonly closed: Closed | undefined
  /** It was open when all was over. */
  readonly stayed: boolean
}

/** A history, put into the order in which the checks ask for it. */
export class Ledger {
  readonly events: readonly Event[]
  /** The number of the event with which all was over; -1 without it. */
  readonly end: number
  readonly connections = new Map<number, Connection>()
  /** In the order of each partition. */
  readonly uplink: readonly Stored[]
  readonly downlink: readonly Stored[]
  /** Every value of the downlink. */
  readonly committed: ReadonlySet<string>
  /**
   * The downlink's records by their key, in the order of each partition. A value is written once; one that a service's producer
   * stored twice all the same is left out, since its deliveries cannot be told apart.
   */
  readonly ofDevice: ReadonlyMap<string, Stored[]>
  /** The same by their value. */
  readonly byValue: ReadonlyMap<string, Stored>
  /** The number of the event with which the writing of a downlink value began. */
  readonly writtenAt = new Map<string, number>()

  constructor (events: readonly Event[]) {
    this.events = events
    const told = new Map<number, Told[]>()
    events.forEach((event, n) => {
      if (event.type === 'written') this.writtenAt.set(event.value, n)
      if ('socket' in event) group(told, event.socket).push({ n, event })
    })
    this.end = events.findIndex(({ type }) => type === 'ended')
    for (const [number, own] of told) this.connections.set(number, connection(number, own, this.end))
    const stored = events.filter((event) => event.type === 'stored').sort((a, b) => a.partition - b.partition || a.offset - b.offset)
    this.uplink = stored.filter(({ topic }) => topic === 'uplink')
    this.downlink = stored.filter(({ topic }) => topic === 'downlink')
    const byValue = new Map<string, Stored[]>()
    for (const record of this.downlink) group(byValue, record.value).push(record)
    const clear = this.downlink.filter(({ value }) => byValue.get(value)?.length === 1)
    const ofDevice = new Map<string, Stored[]>()
    for (const record of clear) group(ofDevice, record.key).push(record)
    this.ofDevice = ofDevice
    this.byValue = new Map(clear.map((record) => [record.value, record]))
    this.committed = new Set(byValue.keys())
  }

  /** Who it was, for a story. */
  name ({ number, opened, welcomed }: Connection): string {
    return `socket ${number} of ${opened.device}${welcomed === undefined ? '' : `, session ${welcomed.event.session}`}, on instance ${opened.instance}`
  }
}

function connection (number: number, told: readonly Told[], end: number): Connection {
  const [opening] = told
  if (opening?.event.type !== 'opened') throw new Error(`the history of socket ${number} does not begin with its opening`)
  const closing = told.find(({ event }) => event.type === 'closed')
  return {
    number,
    opened: opening.event,
    told,
    welcomed: told.find((one): one is Told & { event: Event & Welcomed } => one.event.type === 'welcomed'),
    closed: closing?.event as Closed | undefined,
    stayed: opening.n < end && (closing === undefined || closing.n > end)
  }
}

export function group<K, V> (map: Map<K, V[]>, key: K): V[] {
  const known = map.get(key)
  if (known !== undefined) return known
  const fresh: V[] = []
  map.set(key, fresh)
  return fresh
}

export function place ({ topic, partition, offset }: Stored): string { return `${topic}/${partition} at ${offset}` }
