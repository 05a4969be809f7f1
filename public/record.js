import { memberText } from './json.js'

// A text with these in it is not for reading; tab, line feed and carriage return are.
// eslint-disable-next-line no-control-regex
const unreadable = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/
const hexBytes = 32

/**
 * What the tail shows of a `message` frame.
 * @param {object} frame the frame, parsed
 * @param {string} json the same frame as it came: its data is shown from here, digit for digit
 */
export function toRecord (frame, json) {
  const { device, event = '', time } = frame
  return { device, event, time, ...valueOf(frame, json) }
}

function valueOf (frame, json) {
  if ('data' in frame) return { kind: 'json', text: memberText(json, 'data'), note: '' }
  if ('base64' in frame) return bytesOf(frame)
  return { kind: 'none', text: '', note: 'no value (tombstone)' }
}

function bytesOf ({ base64, contentType = '' }) {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
  const size = bytes.length === 1 ? '1 byte' : `${bytes.length.toLocaleString('en')} bytes`
  const text = textOf(bytes)
  if (text === '') return { kind: 'none', text, note: 'empty value' }
  if (text !== undefined) return { kind: 'text', text, note: contentType || 'text' }
  const note = contentType && contentType !== 'application/octet-stream' ? `${size}, ${contentType}` : size
  return { kind: 'hex', text: hexOf(bytes), note }
}

function textOf (bytes) {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return unreadable.test(text) ? undefined : text
  } catch {
    return undefined
  }
}

function hexOf (bytes) {
  const hex = Array.from(bytes.subarray(0, hexBytes), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  return bytes.length > hexBytes ? `${hex} …` : hex
}
