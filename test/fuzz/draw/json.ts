/** JSON as clients write it, and nearly so: as text, since what matters is often what no object can hold. */

import type { Random } from '../../ledger/random.ts'

const SPACES = ['', '', '', '', ' ', '\n', '\t\r ', '\u00a0', '\ufeff']
const NUMBERS = ['0', '1', '-1', '7', '1.5', '-0', '01', '1e3', '1E+2', '1e-', '.5', '9007199254740991', '9007199254740992', '1e400', '-', '+1', 'NaN', 'Infinity', '0x1', '99999999999999999999']
const STRINGS = ['', 'a', 'sensor-1', 'data', '*', 'a b', '__proto__', 'constructor', '\\n', '\\u0000', '\\ud800', '\\u00e9', '\\x', '\\u12', '\u0001', 'é', '😀', '\u2028', 'AA==', 'AA', '_-8=', '"', '\\', '\\"', "'"]
const WORDS = ['true', 'false', 'null', 'tru', 'nul', 'undefined', 'True']
const NAMES = ['a', 'b', 'type', 'id', 'data', 'base64', 'event', 'device', 'cursor', 'token', '__proto__', 'd\\u0061ta', '', 'é']
const MAX_DEPTH = 70

export function json (random: Random, depth = 3): string {
  const dice = random.next()
  if (dice < 0.02) return nested(random)
  if (depth === 0 || dice < 0.5) return atom(random)
  const items = Array.from({ length: random.int(0, 4) }, () => json(random, depth - 1))
  return dice < 0.7 ? `[${items.map((item) => spaced(item, random)).join(',')}]` : object(items.map((item) => [random.pick(NAMES), item]), random)
}

/** An object's text: in the order in which the members are, and as often. */
export function object (members: ReadonlyArray<readonly [name: string, value: string]>, random: Random): string {
  return `{${members.map(([name, value]) => `${spaced(`"${name}"`, random)}:${spaced(value, random)}`).join(',')}}`
}

function atom (random: Random): string {
  const dice = random.next()
  if (dice < 0.35) return random.pick(NUMBERS)
  if (dice < 0.5) return random.pick(WORDS)
  const text = random.pick(STRINGS)
  return `"${random.chance(0.03) ? text.repeat(random.int(100, 400)) : text}"`
}

function nested (random: Random): string {
  const depth = random.int(1, MAX_DEPTH)
  const [open, close] = random.pick([['[', ']'], ['{"a":', '}']] as const)
  return open.repeat(depth) + atom(random) + close.repeat(random.chance(0.9) ? depth : random.int(0, MAX_DEPTH))
}

function spaced (text: string, random: Random): string {
  return random.chance(0.9) ? text : random.pick(SPACES) + text + random.pick(SPACES)
}
