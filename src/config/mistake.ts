import { inspect } from 'node:util'

/** Carries every mistake in what was given, each a readable sentence. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly mistakes: readonly string[]

  constructor (mistakes: readonly string[]) {
    super(mistakes.length === 1 ? `The configuration has a mistake: ${mistakes[0]}` : `The configuration has ${mistakes.length} mistakes:\n- ${mistakes.join('\n- ')}`)
    this.mistakes = mistakes
  }
}

const LONGEST = 60
// What moves a terminal's cursor, changes its colours or turns its text around must not reach it.
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu
const escape = (unprintable: string) => `\\u{${unprintable.codePointAt(0)!.toString(16)}}`

/** A name or a text as it may be printed: unprintable characters escaped, cut if long. */
export function plain (text: string, longest = LONGEST): string {
  const points = [...text.slice(0, 2 * longest + 2)]
  const cut = points.length > longest ? `${points.slice(0, longest).join('')}…` : text
  return cut.replace(UNPRINTABLE, escape)
}

const PASSWORD = /:\/\/[^/:\s]*:[^/\s]*@/g

/** A value as it may be printed: short, escaped, text in double quotes, an address without its password. */
export function quote (value: unknown): string {
  if (typeof value === 'string') return `"${plain(value.replace(PASSWORD, '://…@')).replaceAll('"', '\\"')}"`
  return plain(inspect(value, { breakLength: Infinity, depth: 1, maxArrayLength: 10, maxStringLength: LONGEST }))
}

/** 'a or b', 'a, b or c'. */
export const either = (words: readonly string[]): string =>
  `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
