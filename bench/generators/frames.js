const FIRST_ID = 100_000_000
const ID_DIGITS = 9
const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d])

/** A JSON value of exactly so many bytes. */
export function jsonValue (bytes) {
  const value = { sensor: 'pump-17', unit: 'bar', mean: 4.0625, peak: 7.5, samples: [4.01, 4.12, 3.98, 4.14], ok: true, note: '' }
  value.note = 'x'.repeat(bytes - JSON.stringify(value).length)
  return JSON.stringify(value)
}

/** Publishes of sluice.v1 whose ids rise from 1 on, all of one length, so that a frame is a copy with nine digits set. */
export class PublishFrames {
  #template
  #idAt

  constructor (value) {
    const text = Buffer.from(`{"type":"publish","id":${FIRST_ID},"data":${value}}`)
    this.#template = Buffer.concat([Buffer.from([0x81, 0xfe, text.length >> 8, text.length & 0xff]), MASK, text])
    const textAt = 8
    for (let i = 0; i < text.length; i++) this.#template[textAt + i] ^= MASK[i & 3]
    this.#idAt = textAt + text.indexOf(String(FIRST_ID))
  }

  /** `count` frames in one buffer, the first with the id behind `lastId`. */
  make (lastId, count) {
    const size = this.#template.length
    const frames = Buffer.allocUnsafe(size * count)
    for (let n = 0; n < count; n++) {
      frames.set(this.#template, n * size)
      let id = FIRST_ID + lastId + 1 + n
      for (let digit = ID_DIGITS - 1; digit >= 0; digit--) {
        frames[n * size + this.#idAt + digit] = 0x30 + id % 10 ^ MASK[(this.#idAt + digit) & 3]
        id = Math.floor(id / 10)
      }
    }
    return frames
  }
}

/** The `id` of an ack, counted from 1; 0 for any other frame. */
export function ackedId (bytes, from, to) {
  if (bytes[from + 9] !== 0x61 || bytes[from + 10] !== 0x63) return 0 // {"type":"ac
  let id = 0
  for (let at = from + 19; at < to; at++) { // {"type":"ack","id":
    const digit = bytes[at] - 0x30
    if (digit < 0 || digit > 9) break
    id = id * 10 + digit
  }
  return id - FIRST_ID
}
