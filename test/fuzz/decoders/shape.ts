interface Shape { depth: number, namesTwice: boolean }

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g

/** How deep a JSON text goes, and whether an object in it names a member twice: read token by token, of a text that JSON.parse takes. */
export function shapeOf (json: string): Shape {
  const open: Array<Set<string> | undefined> = []
  const shape: Shape = { depth: 0, namesTwice: false }
  let last = ''
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === '{' || token === '[') shape.depth = Math.max(shape.depth, open.push(token === '{' ? new Set() : undefined))
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':') {
      const name = JSON.parse(last) as string
      if (open.at(-1)?.has(name) === true) shape.namesTwice = true
      open.at(-1)?.add(name)
    }
    last = token
  }
  return shape
}
