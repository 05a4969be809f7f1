import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The inputs that are kept for a kind: one a line, as a JSON string of one character a byte; # before remarks. */
export function corpusOf (kind: string): Buffer[] {
  const path = join(import.meta.dirname, 'corpus', `${kind.toLowerCase().replaceAll(/[ .]/g, '-')}.txt`)
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8').split('\n').filter((line) => line.startsWith('"')).map((line) => Buffer.from(JSON.parse(line) as string, 'latin1'))
}

/** An input as a line of the corpus. */
export function lineOf (input: Buffer): string {
  return JSON.stringify(input.toString('latin1')).replaceAll(/[\x7f-\xff]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`)
}
