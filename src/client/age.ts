const AGE = /^-(\d{1,9})([smhd])$/
const UNIT_S: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 }
/** The largest number that the server reads: 31 years. */
const MAX_AGE_S = 999_999_999

/**
 * Gives `since` as it is at the first call; later an age, such as -10m, has grown by the time since then, in whole seconds rounded up.
 * The server counts an age back from each connection, by its own clock: a time of this device's would be wrong where its clock is.
 */
export function ageing (since: string | undefined, now: () => number): () => string | undefined {
  let firstAt: number | undefined
  return () => {
    firstAt ??= now()
    const grownS = Math.ceil((now() - firstAt) / 1_000)
    return grownS > 0 ? since?.replace(AGE, (_, count, unit) => `-${Math.min(MAX_AGE_S, count * (UNIT_S[unit] as number) + grownS)}s`) : since
  }
}
