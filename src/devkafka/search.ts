/** The index of the first item that passes, or the length; items that do not pass all come before those that do. */
export function firstIndex<T> (items: readonly T[], passes: (item: T) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (passes(items[middle] as T)) high = middle
    else low = middle + 1
  }
  return low
}
