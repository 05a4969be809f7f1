// JSON.parse changes what a device sent: 1.0 becomes 1, 9007199254740993 loses its last digit. So the page shows slices
// of the text itself, and parses only to understand.

// The string's loop is written out (no alternation inside it): the other form needs stack for every character.
const structure = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g
const coloured = /("[^"\\]*(?:\\.[^"\\]*)*"?)(?=\s*(:)?)|(-?\d[\d.eE+-]*)|\b(?:true|false|null)\b/g

/** The text of a top-level member of a JSON object, exactly as it stands there; undefined if there is none. */
export function memberText (json, name) {
  let depth = 0
  let key
  let from = 0
  let found
  for (const { 0: token, index } of json.matchAll(structure)) {
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    if (depth > 1) continue
    if (token[0] === '"') key ??= token
    else if (token === ':') from = index + 1
    else if (token === ',' || depth === 0) {
      // The last of several members of one name counts, as with JSON.parse.
      if (key !== undefined && JSON.parse(key) === name) found = json.slice(from, index).trim()
      key = undefined
    }
  }
  return found
}

/** Cuts a JSON text, whole or clipped, into pairs of kind and text; the kind is '' for all that needs no colour. */
export function * tokens (json) {
  let end = 0
  for (const { 0: token, 1: string, 2: colon, 3: number, index } of json.matchAll(coloured)) {
    if (index > end) yield ['', json.slice(end, index)]
    yield [string ? (colon ? 'key' : 'string') : number ? 'number' : 'word', token]
    end = index + token.length
  }
  if (end < json.length) yield ['', json.slice(end)]
}
