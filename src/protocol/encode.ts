import { closes, type CloseName } from './closes.ts'
import { refusals, type RefusalCode } from './refusals.ts'

export type Storage = 'kafka' | 'memory' | 'disk'

export interface Welcome {
  readonly device: string
  readonly session: string
  readonly storage: Storage
  readonly heartbeatMs: number
  readonly limits: { readonly maxFrameBytes: number, readonly inFlight: number, readonly outboxBytes: number }
}

export function welcome (frame: Welcome): Buffer {
  return Buffer.from(JSON.stringify({ type: 'welcome', ...frame }))
}

export function ack (id: number, partition: number, offset: number): Buffer {
  return Buffer.from(`{"type":"ack","id":${id},"partition":${partition},"offset":${offset}}`, 'latin1')
}

/** `message` says more than the table's sentence, where there is more to say. */
export function refused (id: number, code: RefusalCode, message: string = refusals[code].message): Buffer {
  const { temporary, outcome } = refusals[code]
  return Buffer.from(JSON.stringify({ type: 'refused', id, code, message, temporary, outcome }))
}

export function watching (devices: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify({ type: 'watching', devices }))
}

export function bye (name: CloseName, retryMs: number): Buffer {
  return Buffer.from(JSON.stringify({ type: 'bye', code: closes[name].code, reason: name, retryMs }))
}

/** A record on its way to a socket. */
export interface Message {
  readonly device?: string
  readonly event: string | undefined
  readonly contentType: string | undefined
  readonly value: Buffer | null
  /** Whether `value` is JSON text. */
  readonly json: boolean
  readonly timeMs: number
}

/** The value goes in as it stands in the record. */
export function message ({ device, event, contentType, value, json, timeMs }: Message): Buffer {
  let head = '{"type":"message"'
  if (device !== undefined) head += `,"device":${JSON.stringify(device)}`
  if (event !== undefined) head += `,"event":${JSON.stringify(event)}`
  const tail = `,"time":${timeMs}}`
  if (value === null) return Buffer.from(head + tail)
  if (!json) {
    const type = contentType === undefined ? '' : `,"contentType":${JSON.stringify(contentType)}`
    return Buffer.from(`${head},"base64":"${value.toString('base64')}"${type}${tail}`)
  }
  return Buffer.concat([Buffer.from(`${head},"data":`), value, Buffer.from(tail)])
}
