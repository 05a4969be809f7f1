import type { Identity } from './identity.ts'

/** What a rule's resource may hold in the place of the caller's own. */
export const PLACEHOLDERS = ['device', 'group', 'watch'] as const
type Placeholder = typeof PLACEHOLDERS[number]

const PLACE = /\{(device|group|watch)\}/g

/**
 * The patterns that a rule's resource stands for, for that caller; none where it has no such thing. A placeholder that stands there
 * twice means the same group both times. What is put in is not looked at for placeholders again.
 */
export function expand (resource: string, identity: Identity): readonly string[] {
  const places = new Set(Array.from(resource.matchAll(PLACE), ([, name]) => name as Placeholder))
  let ways: Array<{ [P in Placeholder]?: string }> = [{}]
  for (const place of places) ways = ways.flatMap((way) => valuesOf(place, identity).map((value) => ({ ...way, [place]: value })))
  return ways.map((way) => resource.replace(PLACE, (_all, place: Placeholder) => way[place] as string))
}

/**
 * A name with a star in it would become a pattern, and an empty one would leave nothing but a star of `{group}*`: neither is put in
 * anywhere. Watch patterns may have stars: that is what they are for.
 */
function valuesOf (place: Placeholder, { device, groups, watch }: Identity): readonly string[] {
  switch (place) {
    case 'device': return device === undefined || !isName(device) ? [] : [device]
    case 'group': return groups.filter(isName)
    case 'watch': return watch.filter((pattern) => pattern !== '')
  }
}

function isName (text: string): boolean { return text !== '' && !text.includes('*') }
