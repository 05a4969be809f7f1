import { TLSSocket } from 'node:tls'
import type { Certificate } from '../access/handshake.ts'

/**
 * The certificate that a connection's client showed and TLS has verified. `authorized` alone does not say that there is one: it is
 * true as well for a session of TLS 1.3 that is resumed without.
 */
export function certificateOf (socket: unknown): Certificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const { subject, subjectaltname, fingerprint256, valid_to: validTo } = socket.getPeerCertificate() as Partial<ReturnType<TLSSocket['getPeerCertificate']>>
  if (fingerprint256 === undefined || validTo === undefined) return undefined
  const commonName: unknown = subject?.CN // of several Node makes an array
  return {
    commonName: typeof commonName === 'string' ? commonName : undefined,
    subjectAltName: subjectaltname,
    fingerprint: fingerprint256,
    expiresMs: Date.parse(validTo)
  }
}
