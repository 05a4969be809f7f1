/** How many letters must be added, dropped or changed to make one text from the other (Levenshtein). */
function distance (from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < to.length; j++) {
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (from[i] === to[j] ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1)!
}

const letters = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '')
const LONGEST = 100

/**
 * The known name that was probably meant, if one is near. Case and punctuation do not count, and a group left out counts
 * little: `brokers` is near `kafka.brokers`.
 */
export function nearest (name: string, known: Iterable<string>): string | undefined {
  const wanted = letters(name.slice(0, LONGEST))
  let best: string | undefined
  let least = Math.min(wanted.length, Math.max(2, Math.floor(wanted.length / 3)) + 1)
  for (const candidate of known) {
    const last = candidate.slice(candidate.lastIndexOf('.') + 1)
    const far = Math.min(distance(wanted, letters(candidate)), distance(wanted, letters(last)) + 1)
    if (far < least) [best, least] = [candidate, far]
  }
  return best
}

/** '; did you mean x?', or nothing when no known name is near. */
export function meant (name: string, known: Iterable<string>): string {
  const near = nearest(name, known)
  return near === undefined ? '' : `; did you mean ${near}?`
}
