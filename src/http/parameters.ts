import type { HttpErrorCode } from '../protocol/http-errors.ts'
import { parseSince } from '../protocol/since.ts'
import { Problem } from '../protocol/problem.ts'
import type { Subprotocol } from './subprotocol.ts'

const CALLED: Record<Subprotocol, string> = { 'sluice.raw': 'raw mode', 'sluice.v1': 'sluice.v1' }
const FRAMES = ['text', 'binary'] as const
const NAME = /^[A-Za-z0-9._~-]{1,64}$/
const SESSION = /^[A-Za-z0-9_-]{1,48}$/

/** A query parameter of a socket's address. */
interface Parameter {
  readonly modes: readonly Subprotocol[]
  /** What it can be, as the sentence about a bad one goes on. */
  readonly takes: string
  /** Undefined for what it cannot be. */
  readonly read: (value: string, nowMs: number) => unknown
  /** What a bad one is refused with; bad-parameter without it. */
  readonly refusal?: HttpErrorCode
}

/** docs/protocol.md shows the same table. */
export const parameters = {
  frames: { modes: ['sluice.raw'], takes: 'text or binary', read: (value) => FRAMES.find((one) => one === value) },
  ack: { modes: ['sluice.raw'], takes: 'pong', read: (value) => value === 'pong' ? value : undefined },
  since: { modes: ['sluice.raw', 'sluice.v1'], takes: 'a cursor that this server gave, a time in the past (ISO 8601), an age such as -10m, or earliest', read: parseSince, refusal: 'bad-cursor' },
  resume: { modes: ['sluice.raw', 'sluice.v1'], takes: '1 to 64 characters of A-Z a-z 0-9 . _ ~ -', read: (value) => NAME.test(value) ? value : undefined },
  session: { modes: ['sluice.v1'], takes: '1 to 48 characters of A-Z a-z 0-9 _ -', read: (value) => SESSION.test(value) ? value : undefined },
  // What these two say has been looked at before (credentials.ts).
  ticket: { modes: ['sluice.raw', 'sluice.v1'], takes: 'what POST /v1/tickets gave', read: (value) => value },
  token: { modes: ['sluice.raw', 'sluice.v1'], takes: 'a token', read: (value) => value }
} satisfies Record<string, Parameter>

type Parameters = typeof parameters
type Name = keyof Parameters

/** What a socket's address asks for. */
export type Asked = { readonly [N in Name]?: NonNullable<ReturnType<Parameters[N]['read']>> }

/** Throws a `Problem` for whatever is unknown there, repeated, of the other mode, or wrong. */
export function readParameters (mode: Subprotocol, query: Record<string, unknown>, nowMs: number): Asked {
  if (query.since !== undefined && query.resume !== undefined) throw new Problem('bad-parameter', 'since and resume both say where to begin; give one of them.')
  return Object.fromEntries(Object.entries(query).map(([name, value]) => {
    if (!isName(name)) throw new Problem('bad-parameter', `There is no query parameter ${JSON.stringify(name.slice(0, 64))} here.`)
    const { modes, takes, read, refusal = 'bad-parameter' }: Parameter = parameters[name]
    if (!modes.includes(mode)) throw new Problem('bad-parameter', `${name} is a parameter of ${modes.map((one) => CALLED[one]).join(' and ')}, and this is ${CALLED[mode]}.`)
    const is = typeof value === 'string' ? read(value, nowMs) : undefined
    if (is === undefined) throw new Problem(refusal, `${name} is ${takes}, once.`)
    return [name, is]
  }))
}

function isName (name: string): name is Name {
  return Object.hasOwn(parameters, name)
}
