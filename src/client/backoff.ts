/**
 * Full jitter: anything between nothing and a bound that doubles. Whoever lost the gateway at the same moment comes back
 * spread over the whole interval, not in step.
 */
export function backoffMs (attempt: number, minMs: number, maxMs: number, random: number): number {
  return Math.round(random * Math.min(maxMs, minMs * 2 ** attempt))
}
