const STAR = 0x2a

/**
 * Whether `text` is matched by `pattern`, in which each `*` stands for any characters, none included. Allocates nothing, and looks
 * at a character at most as often as the pattern is long: only the last star that was met is ever tried again.
 */
export function matches (pattern: string, text: string): boolean {
  let p = 0
  let t = 0
  let star = -1
  let starT = 0
  while (t < text.length) {
    // Not `pattern[p]`: that would make a string of each character beyond Latin-1.
    const wanted = p < pattern.length ? pattern.charCodeAt(p) : -1
    if (wanted === STAR) {
      star = p++
      starT = t
    } else if (wanted === text.charCodeAt(t)) {
      p++
      t++
    } else if (star >= 0) { // the last star takes one character more
      p = star + 1
      t = ++starT
    } else return false
  }
  while (p < pattern.length && pattern.charCodeAt(p) === STAR) p++
  return p === pattern.length
}
