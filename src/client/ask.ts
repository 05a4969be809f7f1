import type { Environment } from './environment.ts'

const TIMEOUT_MS = 5_000
/** Too slow, too many: they pass. */
const PASSING = [408, 429]

export interface Verdict {
  /** No use in coming back before something was changed. */
  final: boolean
  /** Why there is no connection. */
  why: string
}

/**
 * WebSockets hide why an upgrade was refused; a plain request for the same address is answered with the reason. Gives undefined where
 * the server knows of nothing that is in the way.
 */
export async function ask ({ fetch }: Environment, address: URL, token: string | undefined): Promise<Verdict | undefined> {
  const url = new URL(address)
  url.protocol = url.protocol.replace('ws', 'http')
  url.searchParams.delete('session') // a page cannot name a subprotocol here, and without one there are no sessions
  try {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const answer = await fetch(url, { headers, cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) })
    const { status } = answer
    if (status === 426) return undefined
    const body = await answer.json().catch(() => undefined) as { code?: string, message?: string } | undefined
    // Without a code it is not the gateway that speaks, but a proxy that does not find it, or a hotel's network: that passes.
    return { final: body?.code !== undefined && status >= 400 && status < 500 && !PASSING.includes(status), why: body?.message ?? `The server answered ${status}.` }
  } catch {
    return { final: false, why: 'The gateway does not answer.' }
  }
}
