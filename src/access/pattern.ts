/** Whether `text` is matched by `pattern`, in which each `*` stands for any characters, none included. Allocates nothing. */
export function matches (pattern: string, text: string): boolean {
  let p = 0
  let t = 0
  let star = -1
  let starT = 0
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p++
      starT = t
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++
      t++
    } else if (star >= 0) { // the last star takes one character more
      p = star + 1
      t = ++starT
    } else return false
  }
  while (p < pattern.length && pattern[p] === '*') p++
  return p === pattern.length
}
