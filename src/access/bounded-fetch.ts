import type { FetchImplementation } from 'jose'
import { readBody } from '../bounded-body.ts'

const MAX_BYTES = 256 * 1024
const MAX_KEYS = 100

/** Takes an answer only up to a size, and a set only of so many keys: whoever speaks at that address must not fill the memory. */
export function boundedFetch (closing: AbortSignal): FetchImplementation {
  return async (url, { signal, ...options }) => {
    const response = await fetch(url, { ...options, signal: AbortSignal.any([signal, closing]) })
    if (response.status !== 200) {
      await response.body?.cancel()
      throw new Error(`it answered ${response.status}, and not 200`) // a redirect is not followed: it could lead anywhere
    }
    const text = await readBody(response, MAX_BYTES)
    const { keys } = parse(text)
    if (!Array.isArray(keys)) throw new Error('its answer is no key set in JSON')
    if (keys.length > MAX_KEYS) throw new Error(`its set has more than ${MAX_KEYS} keys`)
    return new Response(text)
  }
}

function parse (text: string): { keys?: unknown } {
  try {
    return JSON.parse(text) as { keys?: unknown } | null ?? {}
  } catch {
    return {}
  }
}
