import { pause, type Clock } from '../clock.ts'

const RETRY_MS = 250

/** Asks Kafka until it answers. When the signal comes first, the last error is thrown. */
export async function again<T> (clock: Clock, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (signal.aborted) throw error
      await pause(clock, RETRY_MS, signal)
    }
  }
}
