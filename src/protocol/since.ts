import { parseCursor, type Cursor } from './cursor.ts'

/** Where a socket begins to hear its downlink. */
export type Since =
  | { readonly kind: 'live' }
  | { readonly kind: 'earliest' }
  | { readonly kind: 'time', readonly timeMs: number }
  | { readonly kind: 'cursor', readonly cursor: Cursor }

const AGE = /^-(\d{1,9})([smhd])$/
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/
/** Clocks differ: what is later than ours by no more than this may still have been written. */
const MAX_AHEAD_MS = 300_000

/** Reads `?since=`; undefined where it is none of a cursor, a time, an age and `earliest`, or lies in the future. */
export function parseSince (text: string, nowMs: number): Since | undefined {
  if (text === 'earliest') return { kind: 'earliest' }
  const age = AGE.exec(text)
  if (age !== null) return { kind: 'time', timeMs: Math.max(0, nowMs - Number(age[1]) * UNIT_MS[age[2] as keyof typeof UNIT_MS]) }
  if (ISO_TIME.test(text)) {
    const timeMs = Date.parse(text)
    return Number.isNaN(timeMs) || timeMs > nowMs + MAX_AHEAD_MS ? undefined : { kind: 'time', timeMs: Math.max(0, timeMs) }
  }
  const cursor = parseCursor(text)
  return cursor === undefined ? undefined : { kind: 'cursor', cursor }
}
