import { MAX_DEPTH, skipSpace, skipString, skipValue } from './json.ts'

/** The places of one member of an object in its text: its name between the quotes, and its value without the spaces around it. */
export interface Member { readonly name: string, readonly from: number, readonly to: number }

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const MAX_MEMBERS = 16

/**
 * The members of the JSON object that `text` is, in their order. Undefined if it is no such object, has more than 16 members
 * or one twice, or is nested more deeply than 64 levels. Names are taken as written: one with an escape in it matches no known name.
 */
export function membersOf (text: Buffer): Member[] | undefined {
  const members: Member[] = []
  const end = text.length
  let at = skipSpace(text, 0, end)
  if (text[at] !== OPEN_BRACE) return undefined
  at = skipSpace(text, at + 1, end)
  if (text[at] === CLOSE_BRACE) return isEnd(text, at + 1) ? members : undefined
  for (;;) {
    if (text[at] !== QUOTE || members.length === MAX_MEMBERS) return undefined
    const nameEnd = skipString(text, at + 1, end)
    if (nameEnd === -1) return undefined
    const name = text.toString('utf8', at + 1, nameEnd - 1)
    if (members.some((member) => member.name === name)) return undefined
    at = skipSpace(text, nameEnd, end)
    if (text[at] !== COLON) return undefined
    const from = skipSpace(text, at + 1, end)
    at = skipValue(text, from, end, MAX_DEPTH - 1)
    if (at === -1) return undefined
    members.push({ name, from, to: trimmed(text, at) })
    if (text[at] === CLOSE_BRACE) return isEnd(text, at + 1) ? members : undefined
    if (text[at] !== COMMA) return undefined
    at = skipSpace(text, at + 1, end)
  }
}

function isEnd (text: Buffer, at: number): boolean {
  return skipSpace(text, at, text.length) === text.length
}

/** Back over the spaces that stand before `end`. */
function trimmed (text: Buffer, end: number): number {
  while (skipSpace(text, end - 1, end) === end) end--
  return end
}
