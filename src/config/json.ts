/** Where a text stops being JSON: line and column count from 1; found is empty at the end of the text. */
export interface Fault { readonly line: number, readonly column: number, readonly found: string }

const SPACE = /[ \t\n\r]*/y
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y // eslint-disable-line no-control-regex
const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y

/** Where a match that begins at `at` ends; `at` itself when there is none. */
function past (pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

/** The first place that the grammar (RFC 8259) does not allow, or the end. A broken string counts from its opening quote. */
function stopIn (text: string): number {
  const open: string[] = [] // what closes the objects and arrays around this place
  let next: 'value' | 'key' | 'colon' | 'comma' = 'value'
  let fresh = false // an object or array was just opened, and may be closed at once
  let at = past(SPACE, text, 0)
  for (;;) {
    const from = at
    const char = text[at]
    const close = open.at(-1)
    if (close !== undefined && char === close && (fresh || next === 'comma')) {
      open.pop()
      at++
      next = 'comma'
    } else if (next === 'value' && (char === '{' || char === '[')) {
      open.push(char === '{' ? '}' : ']')
      at++
      next = char === '{' ? 'key' : 'value'
    } else if (next === 'value') {
      at = Math.max(past(STRING, text, at), past(SCALAR, text, at))
      next = 'comma'
    } else if (next === 'key') {
      at = past(STRING, text, at)
      next = 'colon'
    } else if (next === 'colon') {
      if (char === ':') at++
      next = 'value'
    } else if (close !== undefined) {
      if (char === ',') at++
      next = close === '}' ? 'key' : 'value'
    }
    if (at === from) return at
    fresh = char === '{' || char === '['
    at = past(SPACE, text, at)
  }
}

/**
 * Finds the fault in a text that JSON.parse refused. JSON.parse tells the place only in some of its messages, and those differ
 * between versions of Node.
 */
export function faultIn (text: string): Fault {
  const at = stopIn(text)
  const before = text.slice(0, at).split('\n')
  const [found] = /^(?:[\w.+-]+|"[^\n]*|[^]?)/u.exec(text.slice(at)) as RegExpExecArray
  return { line: before.length, column: before.at(-1)!.length + 1, found }
}
