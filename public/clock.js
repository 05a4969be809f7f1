const two = (number) => String(number).padStart(2, '0')

/** The time of day here, to the second or, where records may be close together, to the millisecond. */
export function timeOfDay (ms, { millis = false } = {}) {
  const date = new Date(ms)
  const seconds = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return millis ? `${seconds}.${String(date.getMilliseconds()).padStart(3, '0')}` : seconds
}

/** For the datetime attribute and titles; a time that is no time (a record may carry any) is shown as it is. */
export function isoTime (ms) {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString()
}
