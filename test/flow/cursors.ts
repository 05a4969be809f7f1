import { homePartition } from '../../src/wire/murmur2.ts'
import { writeBulk } from './bulk.ts'
import type { TestGateway } from './gateway.ts'

/**
 * For each partition the cursor of a device that is at home there and has everything that stands there now; the
 * last of it is from `timeMs`. A cursor names no device, so it serves all who are at home there.
 */
export async function cursorsNow (brokers: string, gateway: TestGateway, timeMs = Date.now(), partitions = 4): Promise<string[]> {
  const ids = Array.from({ length: partitions }, (_, partition) => idAt(partition, 'stands', partitions))
  const devices = await Promise.all(ids.map((id) => gateway.device(id)))
  await writeBulk(brokers, gateway.downlink, ids.map((key) => ({ key, value: '"so far"', timeMs })))
  const cursors = await Promise.all(devices.map(async (device) => String((await device.nextOf('message')).cursor)))
  await Promise.all(devices.map((device) => device.close()))
  return cursors
}

/** A device that is at home in that partition. */
export function idAt (partition: number, name: string, partitions = 4): string {
  for (let n = 0; ; n++) if (homePartition(Buffer.from(`${name}-${n}`), partitions) === partition) return `${name}-${n}`
}

export function offsetOf (cursor: string): number { return Number(cursor.split('.')[4]) }
