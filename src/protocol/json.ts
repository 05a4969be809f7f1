/**
 * Finds where a JSON value ends, and by that whether it is one, without building it: a frame's data travels on as it was
 * written, so nothing but its shape is of interest. A third of the time of JSON.parse on 200 bytes of telemetry.
 */

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const MINUS = 0x2d
const PLUS = 0x2b
const DOT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const LOWER_E = 0x65
const UPPER_E = 0x45
const LOWER_U = 0x75

const NOT_JSON = -1

const SPACE = bytes(' \t\n\r')
const HEX = bytes('0123456789abcdefABCDEF')
const ESCAPED = bytes('"\\/bfnrt')
/** What may stand in a string as itself: all but control characters, the quote and the backslash. */
const PLAIN = new Uint8Array(256).fill(1, 0x20)
PLAIN[QUOTE] = PLAIN[BACKSLASH] = 0

const LITERALS = new Map(['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]))

/** How deeply a frame may be nested. */
export const MAX_DEPTH = 64

/** Whether `text[from, to)` is one JSON value, nested at most `depth` levels. The text is known to be UTF-8. */
export function isJson (text: Uint8Array, from: number, to: number, depth = MAX_DEPTH): boolean {
  return skipValue(text, from, to, depth) === to
}

/** The place behind the value that begins at `at`, and behind the spaces around it; -1 if `text[at, end)` begins with none. */
export function skipValue (text: Uint8Array, at: number, end: number, depth: number): number {
  at = skipSpace(text, at)
  const first = text[at] as number
  let next: number
  if (first === QUOTE) next = skipString(text, at + 1)
  else if (first === OPEN_BRACE) next = skipObject(text, at + 1, end, depth)
  else if (first === OPEN_BRACKET) next = skipArray(text, at + 1, end, depth)
  else next = LITERALS.has(first) ? skipLiteral(text, at, LITERALS.get(first) as Buffer) : skipNumber(text, at)
  if (next === NOT_JSON) return NOT_JSON
  next = skipSpace(text, next)
  return next > end ? NOT_JSON : next
}

export function skipSpace (text: Uint8Array, at: number): number {
  while (SPACE[text[at] as number] === 1) at++
  return at
}

/** `at` is behind the opening quote, the result behind the closing one. */
export function skipString (text: Uint8Array, at: number): number {
  for (;;) {
    while (PLAIN[text[at] as number] === 1) at++
    if (text[at] === QUOTE) return at + 1
    if (text[at] !== BACKSLASH) return NOT_JSON
    const escaped = text[at + 1] as number
    if (ESCAPED[escaped] === 1) at += 2
    else if (escaped === LOWER_U && isHex(text, at + 2)) at += 6
    else return NOT_JSON
  }
}

function isHex (text: Uint8Array, at: number): boolean {
  for (let i = at; i < at + 4; i++) if (HEX[text[i] as number] !== 1) return false
  return true
}

function skipObject (text: Uint8Array, at: number, end: number, depth: number): number {
  if (depth === 0) return NOT_JSON
  at = skipSpace(text, at)
  if (text[at] === CLOSE_BRACE) return at + 1
  for (;;) {
    if (text[at] !== QUOTE) return NOT_JSON
    at = skipString(text, at + 1)
    if (at === NOT_JSON) return NOT_JSON
    at = skipSpace(text, at)
    if (text[at] !== COLON) return NOT_JSON
    at = skipValue(text, at + 1, end, depth - 1)
    if (at === NOT_JSON) return NOT_JSON
    if (text[at] === CLOSE_BRACE) return at + 1
    if (text[at] !== COMMA) return NOT_JSON
    at = skipSpace(text, at + 1)
  }
}

function skipArray (text: Uint8Array, at: number, end: number, depth: number): number {
  if (depth === 0) return NOT_JSON
  at = skipSpace(text, at)
  if (text[at] === CLOSE_BRACKET) return at + 1
  for (;;) {
    at = skipValue(text, at, end, depth - 1)
    if (at === NOT_JSON) return NOT_JSON
    if (text[at] === CLOSE_BRACKET) return at + 1
    if (text[at] !== COMMA) return NOT_JSON
    at++
  }
}

function skipLiteral (text: Uint8Array, at: number, word: Buffer): number {
  for (let i = 0; i < word.length; i++) if (text[at + i] !== word[i]) return NOT_JSON
  return at + word.length
}

/** -?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)? */
function skipNumber (text: Uint8Array, at: number): number {
  if (text[at] === MINUS) at++
  const whole = at
  at = skipDigits(text, at)
  if (at === whole || (text[whole] === ZERO && at > whole + 1)) return NOT_JSON
  if (text[at] === DOT) {
    const fraction = at + 1
    at = skipDigits(text, fraction)
    if (at === fraction) return NOT_JSON
  }
  if (text[at] === LOWER_E || text[at] === UPPER_E) {
    const exponent = text[at + 1] === PLUS || text[at + 1] === MINUS ? at + 2 : at + 1
    at = skipDigits(text, exponent)
    if (at === exponent) return NOT_JSON
  }
  return at
}

function skipDigits (text: Uint8Array, at: number): number {
  while ((text[at] as number) >= ZERO && (text[at] as number) <= NINE) at++
  return at
}

function bytes (characters: string): Uint8Array {
  const table = new Uint8Array(256)
  for (const byte of Buffer.from(characters)) table[byte] = 1
  return table
}
