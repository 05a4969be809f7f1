import { Problem } from '../protocol/problem.ts'

const SUBPROTOCOLS = ['sluice.v1', 'sluice.raw'] as const
export type Subprotocol = typeof SUBPROTOCOLS[number]

/** Browsers cannot set headers, so a token may stand beside the subprotocol. It is never chosen, and so never sent back. */
const BEARER = 'bearer.'

/** The first offered one that is known. None offered: raw. */
export function offeredSubprotocol (header: string | undefined): Subprotocol {
  if (header === undefined) return 'sluice.raw'
  const known = chooseSubprotocol(namesIn(header))
  if (known === undefined) throw new Problem('bad-subprotocol')
  return known
}

export function chooseSubprotocol (offered: Iterable<string>): Subprotocol | undefined {
  for (const name of offered) {
    const known = SUBPROTOCOLS.find((one) => one === name)
    if (known !== undefined) return known
  }
  return undefined
}

/** The tokens that are offered as `bearer.<token>`. */
export function tokensOffered (header: string | undefined): string[] {
  return namesIn(header ?? '').filter((name) => name.startsWith(BEARER)).map((name) => name.slice(BEARER.length))
}

function namesIn (header: string): string[] { return header.split(',').map((name) => name.trim()) }
