/** Why there is no trust between the gateway and a broker, in words: Node names it by codes of OpenSSL's. */

import { rootCause } from './root-cause.ts'

const NO_AUTHORITY = 'the broker\'s certificate is of an authority that is not trusted here. Set kafka.tls.caFile to the certificate of that authority'
const OUR_CERTIFICATE = 'Kafka does not accept the certificate in kafka.tls.certFile'
const WANTS_CERTIFICATE = 'Kafka wants a certificate of the gateway that it trusts. Set kafka.tls.certFile and kafka.tls.keyFile'
const NO_TLS = 'what answers there does not speak TLS. Set kafka.tls.enabled to false, or kafka.brokers to Kafka\'s TLS listener'

/** Waiting mends none of these. */
const REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the broker\'s certificate, or that of its authority, has expired',
  CERT_NOT_YET_VALID: 'the broker\'s certificate is not valid yet. Is this machine\'s clock right?',
  DEPTH_ZERO_SELF_SIGNED_CERT: NO_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: NO_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: NO_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NO_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NO_AUTHORITY,
  CERT_SIGNATURE_FAILURE: NO_AUTHORITY,
  ERR_TLS_CERT_ALTNAME_INVALID: '',
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: WANTS_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: WANTS_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: WANTS_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: OUR_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: `${OUR_CERTIFICATE}: it has expired`,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: `${OUR_CERTIFICATE}: it has been revoked`,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: OUR_CERTIFICATE
}

const codeOf = (error: unknown): string => String(rootCause(error).code)

export function isUntrusted (error: unknown): boolean { return codeOf(error) in REASONS }

/** One line; only of what `isUntrusted`. */
export function untrusted (error: unknown): string {
  const code = codeOf(error)
  if (code !== 'ERR_TLS_CERT_ALTNAME_INVALID') return REASONS[code] as string
  const { message = '' } = rootCause(error)
  // "… Host: kafka-1. is not in the cert's altnames: DNS:kafka", or the same of an IP address
  const [, asked = '?', names = '?'] = /(?:Host: |IP: )(.*?)\.? is not (?:in the cert's (?:altnames|list): ?|cert's CN: )(.*)$/.exec(message) ?? []
  return `the broker's certificate is not for ${asked} but for ${names || 'no address'}. Set kafka.brokers, and the broker's advertised.listeners, to names that it has, or kafka.tls.serverName to one of them`
}
