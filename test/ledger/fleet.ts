import type { Door } from './devices/address.ts'
import type { Device, DeviceOptions } from './devices/device.ts'
import { ProtocolDevice } from './devices/protocol-device.ts'
import { RawDevice } from './devices/raw-device.ts'
import type { History } from './history/history.ts'
import type { Plan } from './plan.ts'
import type { Random } from './random.ts'

/** A device may have more than one socket: a page that is open twice. */
const TWINS = 0.2
const EAGER = 0.5
const RESUMES = 0.85
/** Of the raw sockets, those that ask that pongs wait for Kafka. */
const PONGS = 0.7

export function buildFleet (plan: Plan, random: Random, history: History, doors: readonly Door[]): Device[] {
  const options = (id: string): DeviceOptions => ({ id, history, doors, random: random.fork(), heartbeatMs: plan.heartbeatMs, everyMs: plan.publishEveryMs })
  const fleet: Device[] = []
  for (let n = 0; n < plan.protocolDevices; n++) {
    const id = n > 0 && random.chance(TWINS) ? `d${n - 1}` : `d${n}`
    fleet.push(new ProtocolDevice({ ...options(id), resumes: random.chance(RESUMES), eager: random.chance(EAGER) }))
  }
  for (let n = 0; n < plan.rawDevices; n++) {
    const id = random.chance(TWINS) ? 'd0' : `r${n}`
    fleet.push(new RawDevice({ ...options(id), acks: random.chance(PONGS) }))
  }
  return fleet
}
