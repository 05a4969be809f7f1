import { closes, type CloseName } from './closes.ts'
import { denials, type DenialCode } from './denials.ts'
import { gaps, type GapReason } from './gaps.ts'
import { frameOf, wsFrame } from './ws-frame.ts'
import { refusals, type RefusalCode } from './refusals.ts'

export type Storage = 'kafka' | 'memory' | 'disk'

export interface Welcome {
  readonly device: string
  readonly session: string
  readonly cursor: string | undefined
  readonly resuming: boolean
  readonly storage: Storage
  readonly heartbeatMs: number
  /** Its credentials are good for so long. */
  readonly expiresInMs: number | undefined
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

/** `denied`: what was asked for and may not be watched. */
export function watching (devices: readonly string[], denied?: string): Buffer {
  return Buffer.from(JSON.stringify({ type: 'watching', devices, denied }))
}

/** The new token is in force; `expiresInMs`: for so long. */
export function refreshed (expiresInMs: number | undefined): Buffer {
  return Buffer.from(JSON.stringify({ type: 'refreshed', expiresInMs }))
}

/** A refresh has changed nothing. `message` says more than the table's sentence, where there is more to say. */
export function denied (code: DenialCode, message: string = denials[code]): Buffer {
  return Buffer.from(JSON.stringify({ type: 'denied', code, message }))
}

export function cursorFrame (cursor: string): Buffer {
  return Buffer.from(`{"type":"cursor","cursor":"${cursor}"}`, 'latin1')
}

export function gap (reason: GapReason): Buffer {
  return Buffer.from(JSON.stringify({ type: 'gap', reason, message: gaps[reason] }))
}

export function stalled (message: string): Buffer {
  return Buffer.from(JSON.stringify({ type: 'stalled', message }))
}

export function live (cursor: string | undefined): Buffer {
  return Buffer.from(JSON.stringify({ type: 'live', cursor }))
}

export function bye (name: CloseName, retryMs: number): Buffer {
  return Buffer.from(JSON.stringify({ type: 'bye', code: closes[name].code, reason: name, retryMs }))
}

/** A record on its way to a socket. */
export interface Message {
  readonly device: string | undefined
  readonly event: string | undefined
  readonly contentType: string | undefined
  readonly value: Buffer | null
  /** Whether `value` is JSON text. */
  readonly json: boolean
  readonly timeMs: number
  /** Where a device stands that has it; undefined where that cannot be said of one partition. */
  readonly cursor: RecordCursor | undefined
}

/** The cursor behind a record: what `cursorHead` gives and the partition, the next offset, and the record's batch. */
export interface RecordCursor { readonly head: string, readonly offset: number, readonly batchMs: number, readonly epoch: number }

/** A whole WebSocket frame. The value goes in as it stands in the record. */
export function messageFrame ({ device, event, contentType, value, json, timeMs, cursor }: Message): Buffer {
  let head = '{"type":"message"'
  if (device !== undefined) head += `,"device":${JSON.stringify(device)}`
  if (event !== undefined) head += `,"event":${JSON.stringify(event)}`
  if (cursor !== undefined) head += `,"cursor":"${cursor.head}${cursor.offset}.${cursor.batchMs}.${cursor.epoch}"`
  if (value !== null && json) return jsonMessage(`${head},"data":`, device === undefined && event === undefined ? 'latin1' : 'utf8', value, tailOf(timeMs))
  const type = contentType === undefined ? '' : `,"contentType":${JSON.stringify(contentType)}`
  const bytes = value === null ? '' : `,"base64":"${value.toString('base64')}"${type}`
  return wsFrame(Buffer.from(`${head}${bytes},"time":${timeMs}}`), false)
}

/** The same for all records of a millisecond. */
let tail = { timeMs: -1, text: Buffer.alloc(0) }

function tailOf (timeMs: number): Buffer {
  if (tail.timeMs !== timeMs) tail = { timeMs, text: Buffer.from(`,"time":${timeMs}}`, 'latin1') }
  return tail.text
}

/** Written in one piece: buffers that are put together cost more than what they hold. */
function jsonMessage (head: string, encoding: 'latin1' | 'utf8', value: Buffer, tail: Buffer): Buffer {
  const headBytes = encoding === 'latin1' ? head.length : Buffer.byteLength(head)
  const length = headBytes + value.length + tail.length
  const frame = frameOf(length, false)
  let at = frame.length - length
  at += frame.write(head, at, encoding)
  frame.set(value, at)
  at += value.length
  for (let i = 0; i < tail.length; i++) frame[at++] = tail[i] as number
  return frame
}
