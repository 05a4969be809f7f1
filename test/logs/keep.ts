/**
 * Keeps what is logged in tests, and what must not be: where a run names a folder for it (TEST_LOGS), each process has two files
 * there. When all tests are over, `leaks` looks through them.
 */

import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import { WINDOW } from './leaks.ts'

/** A crowd that sends forever need not be kept whole, nor what is long. */
const MAX_SECRETS = 1_000
const MAX_CHARACTERS = 200
/** The banner shows it as an example of a message, and so do tests. */
const EXAMPLE = '{"led":true}'

const folder = process.env.TEST_LOGS
const logged = fileOf('log')
const secrets = fileOf('secrets')
const known = new Set<string>()

function fileOf (kind: string): number | undefined {
  return folder === undefined ? undefined : openSync(join(folder, `${process.pid}-${Date.now()}.${kind}`), 'a')
}

/** What was logged: one line, or several. */
export function keepLogged (text: string): void {
  if (logged !== undefined) writeSync(logged, text.endsWith('\n') ? text : `${text}\n`)
}

/** A credential, or a payload; any that is long enough to be told from what a log says anyway. */
export function keepSecret (value: unknown): void {
  if (secrets === undefined || known.size >= MAX_SECRETS) return
  const text = (typeof value === 'string' ? value : JSON.stringify(value) ?? '').slice(0, MAX_CHARACTERS)
  if (text.length < WINDOW || text === EXAMPLE || known.has(text)) return
  known.add(text)
  writeSync(secrets, `${JSON.stringify(text)}\n`)
}

/** Options of an app whose test has no logger: all that it has to say is kept. */
export const kept: { logger?: pino.Logger } = logged === undefined ? {} : { logger: pino({ level: 'trace' }, { write: keepLogged }) }
