import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { leaks } from '../logs/leaks.ts'
import { root } from './files.ts'
import { nothing } from './tally.ts'
import type { Tally } from './tally.ts'

const folder = join(root, '.cache', 'logs')

/** From now on, whatever tests log is kept there. */
export function keepLogs (): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  process.env.TEST_LOGS = folder
}

/** One check for all that was kept; each secret that is found in it is a failure. No line at all is one, too. */
export async function checkLogs (from = folder, print: (line: string) => void = console.log): Promise<Tally> {
  const logged = new Set(linesOf(from, 'log')) // most are said again and again
  const secrets = linesOf(from, 'secrets').map((line) => JSON.parse(line) as string)
  const found = leaks(logged, secrets)
  for (const one of found) print(`  FAILED ${one}`)
  print(`  ${logged.size} lines were logged, ${secrets.length} secrets and the marks of others looked for in them, ${found.length} found`)
  return logged.size > 0 && found.length === 0 ? { ...nothing, passed: 1 } : { ...nothing, failed: Math.max(1, found.length) }
}

function linesOf (from: string, kind: string): string[] {
  return readdirSync(from).filter((name) => name.endsWith(`.${kind}`)).flatMap((name) => readFileSync(join(from, name), 'utf8').split('\n').filter((line) => line !== ''))
}
