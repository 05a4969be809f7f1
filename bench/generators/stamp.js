/** JSON values of 256 bytes that tell when they were made, in microseconds of the machine's clock, and how that is read. */
import { jsonValue } from './frames.js'

const VALUE_BYTES = 256
const DIGITS = 16
const FIELD = '"us":'
const value = Buffer.from(`{${FIELD}${'1'.repeat(DIGITS)},${jsonValue(VALUE_BYTES - FIELD.length - DIGITS - 2 + 1).slice(1)}`)
const DIGITS_AT = 1 + FIELD.length

function nowUs () { return Math.round((performance.timeOrigin + performance.now()) * 1000) }

/** The same buffer each time. */
export function stampedValue () {
  let us = nowUs()
  for (let digit = DIGITS - 1; digit >= 0; digit--) {
    value[DIGITS_AT + digit] = 0x30 + us % 10
    us = Math.floor(us / 10)
  }
  return value
}

/** How many ms ago the value in a frame was made; undefined if there is none in it. */
export function ageMs (bytes, from, to) {
  const at = bytes.indexOf(FIELD, from)
  if (at === -1 || at > to) return undefined
  let us = 0
  for (let i = at + FIELD.length, end = i + DIGITS; i < end; i++) us = us * 10 + bytes[i] - 0x30
  return (nowUs() - us) / 1000
}
