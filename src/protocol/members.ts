/**
 * Finds the members of a JSON object without building it, so that a value can travel on exactly as it was written: no digit of
 * a number and no order of keys is lost, and nothing is encoded twice.
 */

/** The places of one member in the text: its name between the quotes, and its value. */
export interface Member { readonly name: string, readonly from: number, readonly to: number }

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const MAX_DEPTH = 64
const MAX_MEMBERS = 16

/**
 * The members of the object that `text` is, in their order. Undefined if it is no JSON object, has more than 16 members or one
 * twice, or is nested more deeply than 64 levels. Names are taken as written: one with an escape in it matches no known name.
 */
export function membersOf (text: Buffer): Member[] | undefined {
  const outline = outlineOf(text)
  // The outline finds the places and trusts the rest to be JSON; this is what sees to it.
  return outline !== undefined && isJson(text, 0, text.length) ? outline : undefined
}

/** Whether `text[from, to)` is JSON. Latin-1 is enough: beyond ASCII only strings have bytes, and any will do there. */
export function isJson (text: Buffer, from: number, to: number): boolean {
  try {
    JSON.parse(text.toString('latin1', from, to))
    return true
  } catch {
    return false
  }
}

function outlineOf (text: Buffer): Member[] | undefined {
  const members: Member[] = []
  let at = skipSpace(text, 0)
  if (text[at] !== OPEN_BRACE) return undefined
  at = skipSpace(text, at + 1)
  if (text[at] === CLOSE_BRACE) return members
  for (;;) {
    if (text[at] !== QUOTE || members.length === MAX_MEMBERS) return undefined
    const nameEnd = stringEnd(text, at)
    const name = text.toString('utf8', at + 1, nameEnd - 1)
    if (members.some((member) => member.name === name)) return undefined
    at = skipSpace(text, nameEnd)
    if (text[at] !== COLON) return undefined
    const from = skipSpace(text, at + 1)
    const end = valueEnd(text, from)
    if (end === undefined) return undefined
    let to = end
    while (to > from && isSpace(text[to - 1] as number)) to--
    members.push({ name, from, to })
    if (text[end] !== COMMA) return members
    at = skipSpace(text, end + 1)
  }
}

/** Where a member's value stops: at the comma or the brace that follows it. Undefined if it is nested too deeply or never stops. */
function valueEnd (text: Buffer, from: number): number | undefined {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const byte = text[at]
    if (byte === QUOTE) at = stringEnd(text, at) - 1
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth >= MAX_DEPTH) return undefined
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth-- === 0) return at
    } else if (byte === COMMA && depth === 0) return at
  }
  return undefined
}

/** Behind the closing quote of the string that begins at `at`. */
function stringEnd (text: Buffer, at: number): number {
  for (let i = text.indexOf(QUOTE, at + 1); i !== -1; i = text.indexOf(QUOTE, i + 1)) {
    let slashes = 0
    while (text[i - 1 - slashes] === BACKSLASH) slashes++
    if (slashes % 2 === 0) return i + 1
  }
  return text.length
}

function skipSpace (text: Buffer, at: number): number {
  while (isSpace(text[at] ?? QUOTE)) at++
  return at
}

export function isSpace (byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
