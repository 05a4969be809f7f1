/** Before which offset of a partition everything of a device's was sent. */
export interface Position { readonly partition: number, readonly offset: number }

/**
 * A cursor is opaque to clients. Whether it tells the truth can only be seen by looking inside: version, cluster, number of
 * partitions, and then for each place, joined by `~`: partition, offset, time, leader epoch.
 */
export function positionsOf (cursor: string): Position[] | undefined {
  const positions = cursor.split('~').map((one) => one.split('.').slice(-4, -2).map(Number))
  if (!positions.every(([partition, offset]) => Number.isInteger(partition) && Number.isInteger(offset))) return undefined
  return positions.map(([partition, offset]) => ({ partition: partition as number, offset: offset as number }))
}
