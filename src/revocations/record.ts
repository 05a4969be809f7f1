/** What access can be taken from: a token by its `jti`, an API key by its id, a device. */
export const kinds = ['token', 'key', 'device'] as const
export type Kind = typeof kinds[number]

/**
 * What stands in the revocations topic under the key `kind/id`, as JSON; no value: lifted. Under `kick/device` stands a kick.
 *
 *   {"reason":"stolen","by":"olga","at":1790000000000,"untilMs":1790003600000}
 */
export interface Revocation {
  readonly reason?: string | undefined
  /** The subject of who did it. */
  readonly by: string
  /** When, in milliseconds since 1970. */
  readonly at: number
  /** From then on it is lifted: a token's own expiry, say. */
  readonly untilMs?: number | undefined
}

export function encode (revocation: Revocation): Buffer {
  return Buffer.from(JSON.stringify(revocation))
}

/** What any program wrote counts as a revocation, also where it does not say by whom: whoever may write there means it. */
export function decode (value: Buffer, timeMs: number): Revocation {
  let written: Partial<Record<keyof Revocation, unknown>> | null
  try {
    written = JSON.parse(value.toString()) as typeof written
  } catch {
    written = null
  }
  const { reason, by, at, untilMs } = written ?? {}
  return {
    ...typeof reason === 'string' ? { reason } : {},
    by: typeof by === 'string' ? by : 'unknown',
    at: typeof at === 'number' ? at : timeMs,
    ...typeof untilMs === 'number' ? { untilMs } : {}
  }
}
