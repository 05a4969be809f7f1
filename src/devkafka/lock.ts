import { linkSync, mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Folders that this process holds: its own pid in a lock says nothing, since pids come again, in containers always. */
const held = new Set<string>()

/** Makes this process the only one that writes to the folder; returns how to let it go. Throws if another lives that does. */
export function lockFolder (dir: string): () => void {
  mkdirSync(dir, { recursive: true })
  const lock = join(dir, 'lock')
  const mine = `${lock}.${process.pid}`
  const holder = holderOf(lock)
  if (held.has(lock) || (holder !== process.pid && isAlive(holder))) {
    throw new Error(`${dir} is in use by process ${holder}. If that is another program which has got this number since, remove ${lock}.`)
  }
  if (holder > 0) unlinkSync(lock)
  // Linked with its content in place: nobody ever reads a lock without a pid, and of two that start at once in a free folder one fails.
  writeFileSync(mine, String(process.pid))
  try {
    linkSync(mine, lock)
  } finally {
    unlinkSync(mine)
  }
  held.add(lock)
  return () => {
    held.delete(lock)
    rmSync(lock, { force: true }) // the folder may be gone already
  }
}

function holderOf (lock: string): number {
  try {
    return Number(readFileSync(lock, 'utf8'))
  } catch {
    return 0
  }
}

function isAlive (pid: number): boolean {
  if (pid === 0) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
