import { MAX_CURSOR_LENGTH } from '../protocol/cursor.ts'

/**
 * What stands in the positions topic under the key `device/name`, as JSON. A record without `at` is a claim: from its own
 * offset on, `claim` holds the name. One with `at` is a move: the `n`-th write of the claim that stands at that offset.
 *
 *   {"cursor":"1.…","claim":"9f2c…:17","partitions":6,"sinceMs":1790000000000,"knew":90180}
 *   {"cursor":"1.…","claim":"9f2c…:17","partitions":6,"at":90210,"n":3}
 */
export interface Written {
  /** Undefined: nothing was received yet. */
  readonly cursor?: string | undefined
  /** Who claims: an instance, and the number of its claim. */
  readonly claim: string
  /** Of the topic, as the writer knew it: when partitions are added, keys move, and offsets of two partitions say nothing of each other. */
  readonly partitions: number
  readonly at?: number
  readonly n?: number
  /** Of a claim: when its socket came, and where the claim stands that was known to hold the name then. */
  readonly sinceMs?: number
  readonly knew?: number | undefined
}

const MAX_CLAIM = 200

export function encode (written: Written): Buffer {
  return Buffer.from(JSON.stringify(written))
}

/** Undefined where it is nothing that an instance wrote. */
export function decode (value: Buffer): Written | undefined {
  let written: Partial<Record<keyof Written, unknown>> | null
  try {
    written = JSON.parse(value.toString()) as typeof written
  } catch {
    return undefined
  }
  const { cursor, claim, partitions, at, n, sinceMs, knew } = written ?? {}
  const isSound = isText(cursor ?? '', MAX_CURSOR_LENGTH) && isText(claim, MAX_CLAIM) && isCount(partitions) &&
    [at, n, sinceMs, knew].every((one) => isCount(one ?? 0))
  return isSound ? written as Written : undefined
}

const isText = (value: unknown, most: number): boolean => typeof value === 'string' && value.length <= most
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
