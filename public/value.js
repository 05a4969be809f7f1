import { element } from './element.js'
import { tokens } from './json.js'

const clipLength = 240
// These turn the direction of the text around them: with one of them a device could make its value read as another.
const turning = /([\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069])/

/** A record's value as an element: JSON with its parts coloured, other text plain, what is long behind a button. */
export function valueElement ({ kind, text, note }) {
  const box = element('span', { class: `value ${kind}` })
  const code = element('code')
  const clipped = clip(text)
  code.append(...parts(kind, clipped))
  if (text !== '') box.append(code)
  if (clipped.length < text.length) box.append(' ', moreButton(code, kind, text))
  if (note !== '') box.append(' ', element('span', { class: 'kind' }, note))
  return box
}

function parts (kind, text) {
  if (kind !== 'json') return plain(text)
  return Array.from(tokens(text)).flatMap(([part, piece]) => {
    if (part !== '') return element('span', { class: part }, ...plain(piece))
    // A line may end after a comma; without this it ends in the midst of a number.
    return piece.endsWith(',') ? [piece, element('wbr')] : piece
  })
}

/** A text as nodes: what would turn its direction is kept where it stands, but closed in and shown by its number. */
export function plain (text) {
  return text.split(turning).map((piece, at) => at % 2 === 0
    ? piece
    : element('span', { class: 'turning', 'data-code': `U+${piece.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}` }, piece))
}

function clip (text) {
  if (text.length <= clipLength * 1.2) return text
  // Not through the middle of a surrogate pair.
  const end = /[\ud800-\udbff]/.test(text[clipLength - 1]) ? clipLength - 1 : clipLength
  return text.slice(0, end)
}

function moreButton (code, kind, text) {
  const more = element('button', { type: 'button', class: 'more' }, `… all ${text.length.toLocaleString('en')} characters`)
  more.addEventListener('click', () => {
    code.replaceChildren(...parts(kind, text))
    more.remove()
  })
  return more
}
