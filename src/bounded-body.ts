/** The text of an answer, up to a size: whoever speaks at that address must not fill the memory. */
export async function readBody (response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return ''
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk)
    if ((bytes += chunk.length) > maxBytes) throw new Error(`its answer is longer than ${maxBytes} bytes`)
  }
  return Buffer.concat(chunks).toString()
}
