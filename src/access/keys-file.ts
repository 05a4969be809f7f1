import { closeSync, existsSync, fsyncSync, openSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, quote } from '../config/index.ts'
import { hasMore, mistakesIn, type StoredKey } from './stored-key.ts'

const OWNER_ONLY = 0o600
const TRIES = 100
const BETWEEN_MS = 50

/** The keys in the file. Throws a `ConfigError` with every mistake, none of which shows what stands there. */
export function readKeys (path: string): StoredKey[] {
  let text: string
  let file: unknown
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConfigError([`auth.keys.file names ${quote(path)}, which cannot be read: ${(error as NodeJS.ErrnoException).code}; sluice keys create makes it`])
  }
  try {
    file = JSON.parse(text)
  } catch {
    throw new ConfigError([`${quote(path)} holds no API keys: it is not JSON`])
  }
  const keys = (file as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys)) throw new ConfigError([`${quote(path)} holds no API keys: it must be an object with the array keys`])
  const ids = new Set<unknown>()
  const mistakes = keys.flatMap((key: unknown, at) => {
    const called = `key ${at + 1} in ${quote(path)}`
    if (typeof key !== 'object' || key === null) return [`${called} must be an object`]
    const wrong = mistakesIn(key, (member) => `the ${member} of ${called}`)
    if (hasMore(key)) wrong.push(`${called} has a member that is none of a key's`)
    const { id } = key as { id?: unknown }
    if (ids.has(id)) wrong.push(`the id of ${called} is that of another one, too`)
    ids.add(id)
    return wrong
  })
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return keys as StoredKey[]
}

/**
 * Changes the keys in the file, and makes it where there is none. Of several at a time each sees what the former wrote; who reads
 * sees the old keys or the new ones, also after a crash. Throws a `ConfigError`, and whatever `change` throws; then nothing has changed.
 */
export async function changeKeys (path: string, change: (keys: readonly StoredKey[]) => readonly StoredKey[]): Promise<void> {
  const file = whereItIs(path)
  const next = `${file}.lock`
  const to = await openAlone(next)
  try {
    try {
      const keys = change(existsSync(file) ? readKeys(file) : [])
      writeFileSync(to, `${JSON.stringify({ keys }, undefined, 2)}\n`)
      fsyncSync(to)
    } finally {
      closeSync(to)
    }
    renameSync(next, file)
  } catch (error) {
    rmSync(next)
    throw error
  }
}

/** The new file is the lock, too, as git does it: whoever makes it is alone until it takes the place of the old one. */
async function openAlone (path: string, left = TRIES): Promise<number> {
  try {
    return openSync(path, 'wx', OWNER_ONLY)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST') throw new ConfigError([`${quote(path)} cannot be made: ${code}`])
    if (left === 0) throw new ConfigError([`${quote(path)} is there: another command changes the keys. If none runs, remove it`])
  }
  await sleep(BETWEEN_MS)
  return await openAlone(path, left - 1)
}

/** Behind a link, so that the link stays. */
function whereItIs (path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
