import { Problem } from './problem.ts'

const SUBPROTOCOLS = ['sluice.v1', 'sluice.raw'] as const
export type Subprotocol = typeof SUBPROTOCOLS[number]

/** The first offered one that is known. None offered: raw. */
export function offeredSubprotocol (header: string | undefined): Subprotocol {
  if (header === undefined) return 'sluice.raw'
  const known = chooseSubprotocol(header.split(',').map((name) => name.trim()))
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
