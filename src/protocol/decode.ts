import { fromBase64 } from './base64.ts'
import type { CloseName } from './closes.ts'
import { parseCursor } from './cursor.ts'
import { isDeviceId } from './device-id.ts'
import { isJson, MAX_DEPTH, skipSpace } from './json.ts'
import { membersOf, type Member } from './members.ts'
import type { RefusalCode } from './refusals.ts'

/** A publish whose value is `source[from, to)`. */
export interface Publish {
  readonly type: 'publish'
  readonly id: number
  readonly event: string | undefined
  readonly source: Buffer
  readonly from: number
  readonly to: number
  readonly contentType: string | undefined
}

export type ClientFrame =
  | Publish
  | { readonly type: 'watch' | 'unwatch', readonly device: string }
  | { readonly type: 'received', readonly cursor: string }
  | { readonly type: 'refresh', readonly token: string }
  /** A publish that has an id and is wrong otherwise. */
  | { readonly type: 'refuse', readonly id: number, readonly code: RefusalCode, readonly message: string }
  /** A frame after which the socket is closed. */
  | { readonly type: 'misuse', readonly close: CloseName, readonly message?: string }

const PREFIX = Buffer.from('{"type":"publish","id":')
const DATA = Buffer.from(',"data":')
const CLOSE_BRACE = 0x7d
const MAX_SAFE_DIGITS = 15
const MAX_EVENT_LENGTH = 128
const TOKEN = /^[!-~]{1,8192}$/

/** What a client's text frame says. */
export function decode (text: Buffer): ClientFrame {
  return decodePlain(text) ?? decodeMembers(text)
}

/** The form that clients' JSON libraries write: `{"type":"publish","id":7,"data":…}`. Its value is looked at once. */
function decodePlain (text: Buffer): Publish | undefined {
  if (text.length < PREFIX.length + DATA.length + 3 || text[text.length - 1] !== CLOSE_BRACE) return undefined
  for (let i = 0; i < PREFIX.length; i++) if (text[i] !== PREFIX[i]) return undefined
  let at = PREFIX.length
  let id = 0
  for (let digit = text[at] as number; digit >= 0x30 && digit <= 0x39; digit = text[++at] as number) id = id * 10 + digit - 0x30
  const digits = at - PREFIX.length
  if (digits === 0 || digits > MAX_SAFE_DIGITS || text[PREFIX.length] === 0x30) return undefined
  for (let i = 0; i < DATA.length; i++) if (text[at + i] !== DATA[i]) return undefined
  const from = at + DATA.length
  const to = text.length - 1
  if (skipSpace(text, from, to) !== from || skipSpace(text, to - 1, to) === to || !isJson(text, from, to, MAX_DEPTH - 1)) return undefined
  return { type: 'publish', id, event: undefined, source: text, from, to, contentType: undefined }
}

function decodeMembers (text: Buffer): ClientFrame {
  const members = membersOf(text)
  if (members === undefined) return { type: 'misuse', close: 'bad-frame' }
  const type = value(text, members, 'type')
  switch (type) {
    case 'publish': return decodePublish(text, members)
    case 'watch':
    case 'unwatch': return decodeWatch(text, members, type)
    case 'received': return decodeReceived(text, members)
    case 'refresh': return decodeRefresh(text, members)
    default: return { type: 'misuse', close: 'unknown-type' }
  }
}

function decodePublish (text: Buffer, members: readonly Member[]): ClientFrame {
  const id = value(text, members, 'id')
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 1) return { type: 'misuse', close: 'bad-id' }
  const bad = (message: string): ClientFrame => ({ type: 'refuse', id, code: 'bad-field', message })

  const unknown = members.find(({ name }) => !['type', 'id', 'event', 'data', 'base64'].includes(name))
  if (unknown !== undefined) return bad(`A publish has no field ${JSON.stringify(unknown.name.slice(0, 64))}.`)
  const event = value(text, members, 'event')
  if (event !== undefined && (typeof event !== 'string' || event.length < 1 || event.length > MAX_EVENT_LENGTH)) {
    return bad(`event is a string of 1 to ${MAX_EVENT_LENGTH} characters.`)
  }
  const data = members.find(({ name }) => name === 'data')
  const base64 = value(text, members, 'base64')
  if ((data === undefined) === (base64 === undefined)) return bad('A publish has exactly one of data and base64.')
  if (data !== undefined) return { type: 'publish', id, event, source: text, from: data.from, to: data.to, contentType: undefined }

  const bytes = typeof base64 === 'string' ? fromBase64(base64) : undefined
  if (bytes === undefined) return bad('base64 is a string of padded base64 (RFC 4648).')
  return { type: 'publish', id, event, source: bytes, from: 0, to: bytes.length, contentType: 'application/octet-stream' }
}

function decodeWatch (text: Buffer, members: readonly Member[], type: 'watch' | 'unwatch'): ClientFrame {
  const device = value(text, members, 'device')
  const fits = members.length === 2 && typeof device === 'string' && (device === '*' || isDeviceId(device))
  return fits ? { type, device } : { type: 'misuse', close: 'bad-watch' }
}

function decodeReceived (text: Buffer, members: readonly Member[]): ClientFrame {
  const cursor = value(text, members, 'cursor')
  const fits = members.length === 2 && typeof cursor === 'string' && parseCursor(cursor) !== undefined
  return fits ? { type: 'received', cursor } : { type: 'misuse', close: 'bad-received' }
}

function decodeRefresh (text: Buffer, members: readonly Member[]): ClientFrame {
  const token = value(text, members, 'token')
  const fits = members.length === 2 && typeof token === 'string' && TOKEN.test(token)
  return fits ? { type: 'refresh', token } : { type: 'misuse', close: 'bad-refresh' }
}

/** A member's value, built; undefined where there is no such member. The text is known to be JSON. */
function value (text: Buffer, members: readonly Member[], name: string): unknown {
  const member = members.find((m) => m.name === name)
  return member === undefined ? undefined : JSON.parse(text.toString('utf8', member.from, member.to))
}
