import { linkSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'

/** Locks that this process holds: its own pid in one says nothing, since pids come again, in containers always. */
const held = new Set<string>()

/** Makes this process the only holder of the lock; returns how to let it go. Throws if another lives that holds it. */
export function lockFile (path: string): () => void {
  const mine = `${path}.${process.pid}`
  const holder = holderOf(path)
  if (held.has(path) || (holder !== process.pid && isAlive(holder))) {
    throw new Error(`${path} is held by process ${holder}. If that is another program which has got this number since, remove the file.`)
  }
  if (holder > 0) unlinkSync(path)
  // Linked with its content in place: nobody ever reads a lock without a pid, and of two that start at once one fails.
  writeFileSync(mine, String(process.pid))
  try {
    linkSync(mine, path)
  } finally {
    unlinkSync(mine)
  }
  held.add(path)
  return () => {
    held.delete(path)
    rmSync(path, { force: true })
  }
}

function holderOf (path: string): number {
  try {
    return Number(readFileSync(path, 'utf8'))
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
