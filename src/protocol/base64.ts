/** The bytes that padded base64 (RFC 4648) says; undefined where the text is anything else. */
export function fromBase64 (text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}
