import { circumstances, table } from '../report.ts'
import { ways, type Outage } from './outage.ts'

/** What came out beside the times. */
export interface Account {
  readonly sockets: number
  readonly closed: number
  /** In the uplink. */
  readonly records: number
  /** What is missing, doubled or out of order there, as sentences. */
  readonly mistakes: readonly string[]
  /** Answered with 201, and those of them that did not come, or came twice. */
  readonly messages: number
  readonly missing: number
  readonly twice: number
}

/** Both directions flow again within so long (G7). */
const BOUND_MS = 1_000

/** What was not kept, as sentences. */
export function broken (outages: readonly Outage[], { closed, mistakes, missing, twice }: Account): string[] {
  const late = outages.filter(({ firstAck, firstDelivery }) => Math.max(firstAck, firstDelivery) > BOUND_MS)
  return [
    ...late.map(({ way, seconds, taken, firstAck, firstDelivery }) => `${way} for ${seconds} s: Kafka takes a record after ${ms(taken)} ms, first ack after ${ms(firstAck)} ms, first delivery after ${ms(firstDelivery)} ms`),
    ...mistakes,
    ...(closed > 0 ? [`${closed} sockets were closed`] : []),
    ...(missing > 0 ? [`${missing} messages did not come`] : []),
    ...(twice > 0 ? [`${twice} messages came twice`] : [])
  ]
}

/** The table and what belongs to it, for people and for Markdown alike. */
export function summary (outages: readonly Outage[], account: Account): string {
  const lengths = [...new Set(outages.map(({ seconds }) => seconds))]
  const columns = ways.flatMap((way) => [`${capital(way)}: Kafka takes a record`, 'first ack', "last device's ack", 'first delivery'])
  const rows = lengths.map((seconds) => [`${seconds} s`, ...ways.flatMap((way) => {
    const { taken, firstAck, lastAck, firstDelivery } = outages.find((one) => one.way === way && one.seconds === seconds) as Outage
    return [ms(taken), ms(firstAck), ms(lastAck), ms(firstDelivery)]
  })])
  return [table(['Outage', ...columns], rows), counted(account), circumstances()].join('\n\n')
}

function counted ({ sockets, closed, records, mistakes, messages, missing, twice }: Account): string {
  return `${sockets} sockets, ${closed} closed. ${records.toLocaleString('en-US')} records in the uplink: ${mistakes.length} missing, doubled beside what is recognisable, or out of order. ` +
    `${messages.toLocaleString('en-US')} messages to the listener: ${missing} missing, ${twice} doubled.`
}

function capital (word: string): string { return word.charAt(0).toUpperCase() + word.slice(1) }

function ms (value: number): number { return Math.round(value) }
