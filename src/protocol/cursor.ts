/**
 * A cursor means "everything of yours before here was sent to you". Clients keep it as it is.
 *
 *   1.{cluster}.{partitions}.{partition}.{offset}.{batchMs}.{epoch}      more places follow behind a ~
 *
 * `offset` is the next one that is wanted. `batchMs` and `epoch` are of the batch before it, the witness: when another batch
 * stands there later, the topic was truncated or made anew. 0 and -1: not known.
 */
export interface Cursor {
  /** A mark of the cluster that it is from. */
  readonly cluster: string
  /** How many partitions the topic had. */
  readonly partitions: number
  readonly places: readonly Place[]
}

export interface Place { readonly partition: number, readonly offset: number, readonly batchMs: number, readonly epoch: number }

/** Of a cursor's text: some two hundred places. It has to fit into an address. */
export const MAX_CURSOR_LENGTH = 8_000
const HEAD = /^1\.([0-9a-z]{1,7})\.([1-9]\d{0,5})\./
/** Kafka's times have 63 bits. */
const MAX_TIME = 2 ** 63
/** Some producers give a record's time in nanoseconds: 19 digits. */
const PLACE = /^(\d{1,6})\.(\d{1,15})\.(\d{1,19})\.(-1|\d{1,9})$/

export function formatCursor (cluster: string, partitions: number, places: readonly Place[]): string {
  return cursorHead(cluster, partitions) + places.map(formatPlace).join('~')
}

export function cursorHead (cluster: string, partitions: number): string { return `1.${cluster}.${partitions}.` }

function formatPlace ({ partition, offset, batchMs, epoch }: Place): string { return `${partition}.${offset}.${Math.max(0, batchMs)}.${epoch}` }

/** Undefined for anything that `formatCursor` cannot have written. */
export function parseCursor (text: string): Cursor | undefined {
  if (text.length > MAX_CURSOR_LENGTH) return undefined
  const head = HEAD.exec(text)
  if (head === null) return undefined
  const places: Place[] = []
  for (const part of text.slice(head[0].length).split('~')) {
    const place = PLACE.exec(part)
    if (place === null) return undefined
    const [partition = 0, offset = 0, batchMs = 0, epoch = 0] = place.slice(1).map(Number)
    if (batchMs > MAX_TIME || (places.length > 0 && partition <= (places.at(-1) as Place).partition)) return undefined
    places.push({ partition, offset, batchMs, epoch })
  }
  const [, cluster, partitions] = head as unknown as [string, string, string]
  return places.some(({ partition }) => partition >= Number(partitions)) ? undefined : { cluster, partitions: Number(partitions), places }
}
