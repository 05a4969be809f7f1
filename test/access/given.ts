import type { Access } from '../../src/access/access.ts'
import { createAccess } from '../../src/access/create.ts'
import type { Handshake } from '../../src/access/handshake.ts'
import type { Identity } from '../../src/access/identity.ts'
import { systemClock, type Clock } from '../../src/clock.ts'
import { defaults, type DeepPartial, type Settings } from '../../src/config/index.ts'
import { Problem } from '../../src/protocol/problem.ts'
import { keepLogged } from '../logs/keep.ts'

export interface GivenAccess {
  access: Access
  /** What it told the operator. */
  log: string[]
  /** What a caller with that token hears: its identity, or `code: sentence`. */
  login: (token: string) => Promise<Identity | string>
  close: () => void
}

/** As much of a tap test as is needed here. */
interface Owner { teardown: (fn: () => void) => void }

/** Access by JWT as the settings say, closed when the test ends. */
export async function givenAccess (t: Owner, auth: DeepPartial<Settings['auth']>, clock: Clock = systemClock): Promise<GivenAccess> {
  const closing = new AbortController()
  const close = (): void => closing.abort()
  t.teardown(close)
  const log: string[] = []
  const tell = (sentence: string): void => {
    keepLogged(sentence)
    log.push(sentence)
  }
  const access = await createAccess(defaults({ auth }), { clock, log: { info: tell, warn: tell }, closing: closing.signal })
  return { access, log, close, login: (token) => access.identify(handshake(token), false).catch(told) }
}

export function handshake (token: string | undefined): Handshake {
  return { address: '127.0.0.1', origin: undefined, device: undefined, token }
}

function told (error: unknown): string {
  if (!(error instanceof Problem)) throw error
  return `${error.code}: ${error.message}`
}
