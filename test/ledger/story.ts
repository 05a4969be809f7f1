/** A short, legal story of two devices, for planting violations into it. */

import type { Event, Happening } from './history/event.ts'

export const cursor = (partition: number, offset: number): string => `1.cluster.2.${partition}.${offset}.1790000000000.0`

const value = (name: string): string => `{"n":"#${name}#"}`

export const up = (id: number): string => value(`d0/s.${id}`)
export const down = (n: number): string => value(`w${n}`)

const stored = (topic: 'uplink' | 'downlink', partition: number, offset: number, key: string, text: string, id?: string): Happening =>
  ({ type: 'stored', topic, partition, offset, key, value: text, ...(id === undefined ? {} : { id }) })

export const story: readonly Happening[] = [
  { type: 'opened', socket: 1, device: 'd0', mode: 'sluice.v1', instance: 0 },
  { type: 'opened', socket: 2, device: 'd1', mode: 'sluice.v1', instance: 0 },
  { type: 'opened', socket: 3, device: 'd1', mode: 'raw', instance: 1 },
  { type: 'welcomed', socket: 1, session: 's', resuming: false, cursor: cursor(0, 0) },
  { type: 'welcomed', socket: 2, session: 't', resuming: false },
  { type: 'published', socket: 1, id: 1, value: up(1) },
  { type: 'published', socket: 1, id: 2, value: up(2) },
  { type: 'acked', socket: 1, id: 2, partition: 1, offset: 1 },
  { type: 'published', socket: 1, id: 3, value: up(3) },
  { type: 'published', socket: 1, id: 4, value: up(4) },
  { type: 'refused', socket: 1, id: 3, code: 'kafka-away', temporary: true, outcome: 'not-stored' },
  { type: 'refused', socket: 1, id: 4, code: 'earlier-refused', temporary: true, outcome: 'not-stored' },
  { type: 'published', socket: 1, id: 3, value: up(3) },
  { type: 'acked', socket: 1, id: 3, partition: 1, offset: 2 },
  { type: 'published', socket: 3, id: 1, value: value('d1/raw.3.1') },
  { type: 'written', device: 'd0', value: down(1) },
  { type: 'written', device: 'd0', value: down(2) },
  { type: 'written', device: 'd1', value: down(3) },
  { type: 'delivered', socket: 1, value: down(1), cursor: cursor(0, 1) },
  { type: 'delivered', socket: 2, value: down(3), cursor: cursor(1, 1) },
  { type: 'delivered', socket: 3, value: down(3) },
  { type: 'closed', socket: 1, code: 1006, reason: '', own: false },
  { type: 'opened', socket: 4, device: 'd0', mode: 'sluice.v1', instance: 1, since: cursor(0, 1), sinceEvent: 18 },
  { type: 'welcomed', socket: 4, session: 's', resuming: true, cursor: cursor(0, 1) },
  { type: 'delivered', socket: 4, value: down(2), cursor: cursor(0, 3) },
  { type: 'live', socket: 4 },
  { type: 'written', device: 'd0', value: down(4) },
  { type: 'delivered', socket: 4, value: down(4), cursor: cursor(0, 4) },
  { type: 'cursor', socket: 4, cursor: cursor(0, 5) },
  { type: 'published', socket: 4, id: 5, value: up(5) },
  { type: 'acked', socket: 4, id: 5, partition: 1, offset: 3 },
  { type: 'ended', devices: ['d0', 'd1', 'd1'] },
  stored('uplink', 1, 0, 'd0', up(1), 's:1'),
  stored('uplink', 1, 1, 'd0', up(2), 's:2'),
  stored('uplink', 1, 2, 'd0', up(3), 's:3'),
  stored('uplink', 1, 3, 'd0', up(5), 's:5'),
  stored('uplink', 0, 0, 'd1', value('d1/raw.3.1'), 'made-by-the-server:1'),
  stored('downlink', 0, 0, 'd0', down(1)),
  stored('downlink', 0, 2, 'd0', down(2)),
  stored('downlink', 0, 3, 'd0', down(4)),
  stored('downlink', 1, 0, 'd1', down(3))
]

export function timed (happenings: readonly Happening[]): Event[] {
  return happenings.map((happening, at) => ({ at, ...happening }))
}
