import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigError, quote } from '../config/index.ts'

/** A key, and the only algorithms by which it verifies. */
export interface PinnedKey { readonly key: KeyObject, readonly algorithms: readonly string[] }

const MIN_SECRET_BYTES = 32
const MIN_RSA_BITS = 2048
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const EDDSA = ['EdDSA', 'Ed25519']
const BY_CURVE: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }

/** Every algorithm with a public key. A key set's keys are pinned by their own kind. */
export const ASYMMETRIC: readonly string[] = [...RSA, ...Object.values(BY_CURVE), ...EDDSA]

/** The secret in a file: its bytes, less the line end that editors put behind them. Throws a `ConfigError`. */
export function readSecret (path: string, setting = 'auth.jwt.secretFile'): PinnedKey {
  const bytes = read(setting, path)
  const secret = bytes.subarray(0, bytes.length - (/\r?\n$/.exec(bytes.toString('latin1'))?.[0].length ?? 0))
  if (secret.length < MIN_SECRET_BYTES) throw mistake(setting, path, `holds a secret of ${secret.length} bytes; it must have at least ${MIN_SECRET_BYTES}, such as openssl rand -base64 32 makes`)
  return { key: createSecretKey(secret), algorithms: ['HS256'] }
}

/** The public key in a PEM file, or that of the certificate in it. Throws a `ConfigError`. */
export function readPublicKey (path: string): PinnedKey {
  const pem = read('auth.jwt.publicKeyFile', path)
  const wrong = (what: string): ConfigError => mistake('auth.jwt.publicKeyFile', path, what)
  // Node would take its public half; but a private key has no business on this machine.
  if (pem.includes('PRIVATE KEY')) throw wrong('holds a private key; give the public one, and sign with a new pair: this one has travelled')
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch {
    throw wrong('holds no public key in PEM that can be read')
  }
  const algorithms = algorithmsOf(key)
  if (algorithms === undefined) throw wrong(`holds a key that signs no JWT; it must be RSA of at least ${MIN_RSA_BITS} bits, P-256, P-384, P-521 or Ed25519`)
  return { key, algorithms }
}

function algorithmsOf ({ asymmetricKeyType: kind, asymmetricKeyDetails: { modulusLength = 0, namedCurve = '' } = {} }: KeyObject): readonly string[] | undefined {
  if (kind === 'rsa') return modulusLength >= MIN_RSA_BITS ? RSA : undefined
  if (kind === 'ed25519') return EDDSA
  const algorithm = BY_CURVE[namedCurve]
  return algorithm === undefined ? undefined : [algorithm]
}

function read (setting: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw mistake(setting, path, `cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function mistake (setting: string, path: string, what: string): ConfigError {
  return new ConfigError([`${setting} names ${quote(path)}, which ${what}`])
}
