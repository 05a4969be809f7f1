import { isUtf8 } from 'node:buffer'
import { messageFrame, type RecordCursor } from '../protocol/encode.ts'
import { isJson } from '../protocol/json.ts'
import { wsFrame } from '../protocol/ws-frame.ts'
import type { Deliverable } from '../session/context.ts'
import type { Mode } from '../session/opening.ts'
import type { RecordView } from '../wire/record-view.ts'

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json(?:;|$)/i
const TEXT_TYPE = /^text\//i

/** One record on its way to some sockets: each form of it is encoded when the first of them needs it, and once. */
export class Delivery implements Deliverable {
  readonly offset: number
  readonly #value: Buffer | null
  readonly #event: string | undefined
  readonly #contentType: string | undefined
  readonly #timeMs: number
  readonly #device: string | undefined
  readonly #cursor: RecordCursor | undefined
  #message: Buffer | undefined
  #placed: Buffer | undefined
  #text: Buffer | undefined
  #binary: Buffer | undefined

  /**
   * `device` is told to those who watch; to the device itself it is left out. `cursorHead` is what cursors of the record's
   * partition begin with. Throws a RangeError if the headers are malformed.
   */
  constructor (record: RecordView, { device, cursorHead }: { device?: string, cursorHead?: string }) {
    this.offset = record.offset
    this.#value = record.value()
    this.#event = record.headerCount === 0 ? undefined : record.header('event')
    this.#contentType = record.headerCount === 0 ? undefined : record.header('content-type')
    this.#timeMs = record.timeMs
    this.#device = device
    this.#cursor = cursorHead === undefined ? undefined : { head: cursorHead, offset: record.offset + 1, batchMs: record.batchMs, epoch: record.epoch }
  }

  /** The WebSocket frame for a socket of that mode; undefined where it gets none. `placed`: the cursor behind it says all. */
  frame (mode: Mode, placed: boolean): Buffer | undefined {
    if (mode === 'sluice.v1') return placed ? this.#messageWithCursor() : this.message()
    if (this.#value === null) return undefined
    return this.#isText(this.#value, mode) ? this.#asText(this.#value) : this.#asBinary(this.#value)
  }

  message (): Buffer {
    this.#message ??= this.#encode(undefined)
    return this.#message
  }

  #messageWithCursor (): Buffer {
    this.#placed ??= this.#encode(this.#cursor)
    return this.#placed
  }

  #encode (cursor: RecordCursor | undefined): Buffer {
    return messageFrame({
      device: this.#device,
      event: this.#event,
      contentType: this.#contentType,
      value: this.#value,
      json: this.#value !== null && this.#isJsonText(this.#value),
      timeMs: this.#timeMs,
      cursor
    })
  }

  #asText (value: Buffer): Buffer {
    this.#text ??= wsFrame(value, false)
    return this.#text
  }

  #asBinary (value: Buffer): Buffer {
    this.#binary ??= wsFrame(value, true)
    return this.#binary
  }

  /** A text frame has to be UTF-8, whatever a header or the client says. */
  #isText (value: Buffer, mode: Mode): boolean {
    if (mode === 'raw-binary') return false
    const said = mode === 'raw-text' || this.#contentType === undefined || TEXT_TYPE.test(this.#contentType) || JSON_TYPE.test(this.#contentType)
    return said && isUtf8(value)
  }

  #isJsonText (value: Buffer): boolean {
    const said = this.#contentType === undefined || JSON_TYPE.test(this.#contentType)
    return said && isUtf8(value) && isJson(value, 0, value.length)
  }
}
