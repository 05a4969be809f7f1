import type { Environment } from './environment.ts'

/** Bounds of the first wait, and of all. */
export interface Waits { minRetryMs: number, maxRetryMs: number }

/**
 * Full jitter: anything between nothing and a bound that doubles. Whoever lost the gateway at the same moment comes back
 * spread over the whole interval, not in step.
 */
export function backoffMs (attempt: number, { minRetryMs, maxRetryMs }: Waits, { random }: Environment): number {
  return Math.round(random() * Math.min(maxRetryMs, minRetryMs * 2 ** attempt))
}
