import { linkSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'

/** Locks that this process holds: its own pid in one says nothing, since pids come again, in containers always. */
const held = new Set<string>()

/** Makes this process the only holder of the lock; returns how to let it go. Throws if another lives that holds it. */
export function lockFile (path: string): () => void {
  const mine = `${path}.${process.pid}`
  const holder = holderOf(path)
  if (held.has(path) || isOfAnother(holder)) {
    throw new Error(`${path} is held by process ${holder}. If that is another program which has got this number since, remove the file.`)
  }
  if (holder > 0) removeStale(path, holder)
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

/**
 * Takes away the lock of a holder that is dead. Looks again, under a lock of its own: since it was found dead another may have done
 * so and hold a fresh one, and from now on nobody else does.
 */
function removeStale (path: string, holder: number): void {
  const letGo = lockFile(`${path}.stale`)
  try {
    if (holderOf(path) === holder) unlinkSync(path)
  } finally {
    letGo()
  }
}

function holderOf (path: string): number {
  try {
    return Number(readFileSync(path, 'utf8'))
  } catch {
    return 0
  }
}

function isOfAnother (pid: number): boolean {
  if (pid === 0 || pid === process.pid) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
