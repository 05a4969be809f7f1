/** By what a caller was known. */
export type Proof = 'nothing' | 'certificate' | 'token' | 'key' | 'ticket' | 'callback'

/** Who a caller is, as its credentials say. */
export interface Identity {
  readonly by: Proof
  /** Names the caller in the audit log. */
  readonly subject: string
  /** The device that it is; undefined: it says as which one it comes, and the policy whether it may. */
  readonly device?: string | undefined
  /** The only device as which it may come with these credentials, as a ticket says; undefined: they name none but its own. */
  readonly as?: string | undefined
  readonly roles: readonly string[]
  readonly groups: readonly string[]
  /** Patterns of the events that it may publish, of those that its roles allow; undefined: all of them. */
  readonly events?: readonly string[] | undefined
  /** Patterns of the devices that it may watch. */
  readonly watch: readonly string[]
  /** Its class of rates and quotas. */
  readonly quota?: string | undefined
  /** Until when it is good, in milliseconds since 1970; undefined: for ever. */
  readonly expiresMs?: number | undefined
  /** What a revocation can name: the token's `jti`, and the API key's id. */
  readonly tokenId?: string | undefined
  readonly keyId?: string | undefined
  /** Takes what is good once, as a socket is let in by it; throws a `Problem` where it was taken before. */
  readonly redeem?: () => void
}

/** Who came without credentials, where that is allowed. */
export const NOBODY: Identity = { by: 'nothing', subject: 'anonymous', roles: ['anonymous'], groups: [], watch: [] }
