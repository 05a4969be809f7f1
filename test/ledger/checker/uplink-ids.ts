import type { Stored } from '../history/event.ts'
import type { Connection, Ledger } from './ledger.ts'

/** What a publish is called, wherever it is sent from. Raw sockets have ids of their own each; sessions outlive sockets. */
export function publishName (connection: Connection, id: number): string {
  const { opened: { device, mode }, number, welcomed } = connection
  return mode === 'raw' ? `${device}/raw ${number}:${id}` : `${device}/${welcomed?.event.session}:${id}`
}

/** Every publish by its name, with its value. */
export function publishes (ledger: Ledger): Map<string, string> {
  const names = new Map<string, string>()
  for (const connection of ledger.connections.values()) {
    for (const { event } of connection.told) if (event.type === 'published') names.set(publishName(connection, event.id), event.value)
  }
  return names
}

/** The name of each uplink record's publish; raw ones are known by their value alone, since the gateway numbers them. */
export function recordNames (ledger: Ledger): Map<Stored, string> {
  const raw = new Map<string, string>()
  for (const connection of ledger.connections.values()) {
    if (connection.opened.mode !== 'raw') continue
    for (const { event } of connection.told) if (event.type === 'published') raw.set(`${connection.opened.device} ${event.value}`, publishName(connection, event.id))
  }
  return new Map(ledger.uplink.map((record) => [record, raw.get(`${record.key} ${record.value}`) ?? `${record.key}/${record.id}`]))
}
