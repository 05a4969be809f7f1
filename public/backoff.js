const firstMs = 1_000
const ceilingMs = 30_000

/**
 * Full jitter: anything between nothing and a bound that doubles. Whoever lost the gateway at the same moment comes back
 * spread over the whole interval, not in step.
 */
export function backoffMs (attempt, random = Math.random) {
  return Math.round(random() * Math.min(ceilingMs, firstMs * 2 ** attempt))
}
