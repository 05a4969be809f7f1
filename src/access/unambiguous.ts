const STRING = /"(?:[^"\\]|\\.)*"(\s*:)?/g

/**
 * Whether no object in a JSON text names a member twice: such a text means one thing to one reader, and another thing to the next.
 * The members that are written are compared, in number, with those that are left when it was read.
 */
export function isUnambiguous (json: string): boolean {
  let members = 1 // the whole is called for, too
  for (const [, colon] of json.matchAll(STRING)) if (colon !== undefined) members++
  try {
    JSON.parse(json, function (this: unknown, _name, value: unknown) {
      if (!Array.isArray(this)) members--
      return value
    })
  } catch {
    return false
  }
  return members === 0
}
