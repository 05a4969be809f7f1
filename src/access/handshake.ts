/** What a caller brought, before anything of it is believed. */
export interface Handshake {
  /** Where it comes from: an IP address, or `localhost` for an in-memory pair. */
  readonly address: string
  /** The page's origin, where a browser says one. */
  readonly origin: string | undefined
  /** The device id in the address, where there is one. */
  readonly device: string | undefined
  /** Its token, API key or ticket. */
  readonly token: string | undefined
  /** All headers of its request; none where a token comes on a socket that is open. */
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>
  /** Whether a socket is opened by it: what tickets are for. */
  readonly opensSocket?: boolean
  /** Its TLS certificate, verified by the server's TLS. */
  readonly certificate?: Certificate | undefined
}

export interface Certificate {
  /** Undefined where there is none, or more than one. */
  readonly commonName: string | undefined
  /** As Node writes them: `DNS:sensor-1, URI:urn:device:sensor-1`. */
  readonly subjectAltName: string | undefined
  /** SHA-256, upper-case hex with colons. */
  readonly fingerprint: string
  /** Until when it is good, in milliseconds since 1970. */
  readonly expiresMs: number
}
