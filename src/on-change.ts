import { stat } from 'node:fs/promises'
import { pause, type Clock } from './clock.ts'

/** Certificates and lists are replaced by hand or by cron; a second is soon enough, and costs nothing. */
const EVERY_MS = 1_000

export interface Watching {
  readonly clock: Clock
  readonly log: { readonly warn: (sentence: string) => void }
  /** Aborted when it is to end. */
  readonly closing: AbortSignal
}

/**
 * Calls `read` within a second after one of the files was changed, replaced, or pointed elsewhere, and once at the beginning, for what
 * changed before. What it rejects with is logged, once, and it is called again until it succeeds. By asking, not by the system's
 * events: those tell nothing of links that are swapped (Kubernetes' secrets) and of network drives.
 */
export async function onChange (paths: readonly string[], { clock, log, closing }: Watching, read: () => Promise<void>): Promise<void> {
  let known: string | undefined
  let told: string | undefined
  for (;;) {
    await pause(clock, EVERY_MS, closing)
    if (closing.aborted) return
    const marks = (await Promise.all(paths.map(mark))).join()
    if (marks === known) continue
    try {
      await read()
      known = marks
      told = undefined
    } catch (error) {
      const { message } = error as Error
      if (message !== told) log.warn(`${message} What was read before stays in force.`)
      told = message
    }
  }
}

/** Tells one content of a file from another. */
async function mark (path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true })
    return `${ino} ${size} ${mtimeNs}`
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}
