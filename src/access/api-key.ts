import { createHash, randomBytes } from 'node:crypto'

const PREFIX = 'sk_'
const ID_BYTES = 6
const SECRET_BYTES = 32
const KEY = /^sk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/

/** Whether that is meant to be an API key: `sk_`, its id, `_`, and 256 random bits in base64url. */
export function isApiKey (token: string): boolean { return token.startsWith(PREFIX) }

/** Its id, and the SHA-256 of its secret; undefined where it is cut off or misspelt. */
export function readApiKey (token: string): { id: string, hash: Buffer } | undefined {
  const [, id, secret] = KEY.exec(token) ?? []
  return id === undefined || secret === undefined ? undefined : { id, hash: hashOf(secret) }
}

/** A new one. It is 256 random bits, so a fast hash keeps it as well as a slow one would. */
export function makeApiKey (): { id: string, key: string, hash: Buffer } {
  const id = randomBytes(ID_BYTES).toString('hex')
  const secret = randomBytes(SECRET_BYTES).toString('base64url')
  return { id, key: `${PREFIX}${id}_${secret}`, hash: hashOf(secret) }
}

function hashOf (secret: string): Buffer { return createHash('sha256').update(secret).digest() }
