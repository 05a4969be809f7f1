const MAX_DEPTH = 63
const utf8 = new TextEncoder()

/**
 * All of a publish frame but its id, so that it is what it was when `publish` was called. Throws what no JSON can hold, and what
 * is nested too deeply: the server closes the socket for that.
 */
export function encodeBody (data: unknown, event: string | undefined): string {
  const value = data instanceof Uint8Array ? `"base64":"${toBase64(data)}"` : `"data":${toJson(data)}`
  return (event === undefined ? '' : `"event":${JSON.stringify(event)},`) + value
}

export function byteLength (text: string): number {
  return utf8.encode(text).length
}

function toJson (data: unknown): string {
  const json = JSON.stringify(data) as string | undefined
  if (json === undefined) throw new TypeError('There is no JSON for this; publish null, or bytes.')
  if (isDeeper(data, MAX_DEPTH)) throw new TypeError(`The data is nested more deeply than ${MAX_DEPTH} levels.`)
  return json
}

function isDeeper (data: unknown, levels: number): boolean {
  return typeof data === 'object' && data !== null && (levels === 0 || Object.values(data).some((one) => isDeeper(one, levels - 1)))
}

function toBase64 (bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}

export function fromBase64 (base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
}
