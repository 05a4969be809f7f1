import { randomBytes, timingSafeEqual } from 'node:crypto'
import { statSync } from 'node:fs'
import { pause } from '../clock.ts'
import { quote, type ConfigError, type Settings } from '../config/index.ts'
import { Problem } from '../protocol/problem.ts'
import type { Method } from './access.ts'
import { isApiKey, readApiKey } from './api-key.ts'
import type { Identity } from './identity.ts'
import { readKeys } from './keys-file.ts'
import type { StoredKey } from './stored-key.ts'
import type { Surroundings } from './surroundings.ts'

/** How soon a key that was made or revoked counts so. */
const POLL_MS = 1_000
const UNKNOWN = { id: '', hash: randomBytes(32) }

/** Login by API key; undefined where the settings name no file. Throws a `ConfigError` with every mistake in it. */
export function byKey ({ keys: { file } }: Settings['auth'], { clock, log, closing }: Surroundings): Method | undefined {
  if (file === undefined) return undefined
  let seen = versionOf(file) // before it is read: what changes in between is seen as new
  let keys = byId(readKeys(file))

  /** Anew whenever the file has changed. Asked by name: a watch would not follow links that are put elsewhere, as Kubernetes does. */
  const keepFresh = async (): Promise<void> => {
    for (;;) {
      await pause(clock, POLL_MS, closing)
      if (closing.aborted) return
      const version = versionOf(file)
      if (version === seen) continue
      seen = version
      try {
        keys = byId(readKeys(file))
        log.info(`The API keys in ${quote(file)} were read anew: ${keys.size}.`)
      } catch (error) {
        for (const mistake of (error as ConfigError).mistakes) log.warn(`The API keys stay those of before: ${mistake}.`)
      }
    }
  }
  void keepFresh()

  const identify = async (token: string): Promise<Identity> => {
    const { id, hash } = readApiKey(token) ?? UNKNOWN
    const stored = keys.get(id)
    // One that is unknown costs what one with a wrong secret does, and hears the same.
    const isGood = timingSafeEqual(hash, stored?.hash ?? UNKNOWN.hash)
    if (stored === undefined || !isGood) throw new Problem('bad-credentials', 'Your API key is not known here, or has been revoked.')
    const { identity } = stored
    if (identity.expiresMs !== undefined && identity.expiresMs <= clock.now()) throw new Problem('bad-credentials', 'Your API key has expired.')
    return identity
  }
  return ({ token }) => token === undefined || !isApiKey(token) ? undefined : identify(token)
}

interface Known { readonly hash: Buffer, readonly identity: Identity }

function byId (keys: readonly StoredKey[]): Map<string, Known> {
  return new Map(keys.map((key) => [key.id, { hash: Buffer.from(key.hash, 'base64url'), identity: identityOf(key) }]))
}

function identityOf ({ id, device, roles, groups = [], watch = [], events, quota, expiresAt }: StoredKey): Identity {
  return { by: 'key', subject: id, device, roles, groups, events, watch, quota, expiresMs: expiresAt, keyId: id }
}

/** Changes whenever the file does; empty where it is not there. */
function versionOf (path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join()
  } catch {
    return ''
  }
}
