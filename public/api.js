import { token } from './token.js'

/** A refusal in the server's words, or, where no server spoke, in ours. */
export class ApiError extends Error {
  /** `status`: undefined where no server spoke. */
  constructor (message, status) {
    super(message)
    this.status = status
  }
}

/** Asks the gateway's HTTP API, relative to where this page was loaded from. Gives the parsed answer or throws ApiError. */
export async function api (path, { timeoutMs = 10_000, headers = {}, ...options } = {}) {
  const shown = token()
  const response = await answer(path, {
    cache: 'no-store',
    signal: AbortSignal.timeout(timeoutMs),
    headers: shown === undefined ? headers : { ...headers, authorization: `Bearer ${shown}` },
    ...options
  })
  const body = await response.json().catch(() => undefined)
  if (!response.ok) throw new ApiError(body?.message ?? `The server answered ${response.status} ${response.statusText}.`.replace(' .', '.'), response.status)
  if (body === undefined) throw new ApiError('The server\'s answer is not JSON.')
  return body
}

async function answer (path, options) {
  try {
    return await fetch(new URL(path, document.baseURI), options)
  } catch (error) {
    throw new ApiError(error.name === 'TimeoutError' ? 'The gateway did not answer in time.' : 'The gateway does not answer.')
  }
}
