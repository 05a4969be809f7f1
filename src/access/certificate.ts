import type { ConfigError, Settings } from '../config/index.ts'
import { onChange } from '../on-change.ts'
import { Problem } from '../protocol/problem.ts'
import type { Method } from './access.ts'
import { deviceIn } from './device-in.ts'
import { bare, readFingerprints } from './fingerprints.ts'
import type { Certificate } from './handshake.ts'
import type { Identity } from './identity.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * Login by a TLS certificate that was verified in the handshake; undefined where that is off. Throws a `ConfigError` where the list
 * of fingerprints is not there, or not good; one that changes is read again while it runs.
 */
export async function byCertificate ({ certificate: settings }: Settings['auth'], surroundings: Surroundings): Promise<Method | undefined> {
  if (settings.device === undefined) return undefined
  const device = deviceIn(settings.device)
  let allowed = await allowList(settings)
  const { fingerprintsFile } = settings
  if (fingerprintsFile !== undefined) {
    void onChange([fingerprintsFile], surroundings, async () => {
      allowed = await allowList(settings).catch((error: ConfigError) => { throw new Error(error.mistakes[0]) })
    })
  }
  return ({ certificate }) => certificate === undefined ? undefined : login(certificate)

  async function login (certificate: Certificate): Promise<Identity> {
    const fingerprint = bare(certificate.fingerprint)
    // It was good when the connection was made, which may be long ago.
    if (certificate.expiresMs <= surroundings.clock.now()) throw new Problem('bad-credentials', 'Your certificate has expired.')
    if (allowed?.has(fingerprint) === false) throw new Problem('bad-credentials', 'Your certificate is not on the list of those that may log in.')
    const id = device(certificate)
    if (id === undefined) throw new Problem('bad-credentials', 'Your certificate names no device, or more than one, or none that a device can be called.')
    return { by: 'certificate', subject: id, device: id, roles: [settings.role], groups: [], watch: [], expiresMs: certificate.expiresMs, keyId: fingerprint }
  }
}

/** Undefined where every certificate may log in. */
async function allowList ({ fingerprints, fingerprintsFile }: Settings['auth']['certificate']): Promise<ReadonlySet<string> | undefined> {
  if (fingerprintsFile === undefined && fingerprints.length === 0) return undefined
  return new Set([...fingerprints.map(bare), ...fingerprintsFile === undefined ? [] : await readFingerprints(fingerprintsFile)])
}
