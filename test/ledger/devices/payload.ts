import type { Random } from '../random.ts'

const LARGE = 0.03
const LARGE_CHARACTERS = 20_000
const SMALL_CHARACTERS = 200

/** The JSON text of a value like no other: it says its own name between `#`s, so that a changed one is known. */
export function payload (random: Random, name: string): string {
  return JSON.stringify({ n: `#${name}#`, pad: pad(random) })
}

export function pad (random: Random): string {
  return 'x'.repeat(random.int(0, random.chance(LARGE) ? LARGE_CHARACTERS : SMALL_CHARACTERS))
}
