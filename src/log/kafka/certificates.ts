import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import { WatchedFile } from './watched-file.ts'

export interface TlsSettings {
  readonly enabled: boolean
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  readonly serverName?: string
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g

/** What a new connection to Kafka is made with: the files are read again for each. */
export class Certificates {
  readonly serverName: string | undefined
  #ca: WatchedFile<string> | undefined
  #cert: WatchedFile<string> | undefined
  #key: WatchedFile<string> | undefined
  #made: { readonly from: ReadonlyArray<string | undefined>, readonly context: SecureContext } | undefined
  #warn: (sentence: string) => void
  #apart = false

  /** `mistakes` gets a sentence for each file that is of no use. */
  constructor (settings: TlsSettings, mistakes: string[], warn: (sentence: string) => void) {
    this.serverName = settings.serverName
    this.#warn = warn
    const watch = (name: 'caFile' | 'certFile' | 'keyFile', parse: (text: string) => string): WatchedFile<string> | undefined => {
      const path = settings[name]
      try {
        return path === undefined ? undefined : new WatchedFile(`kafka.tls.${name}`, path, parse, warn)
      } catch (error) {
        mistakes.push((error as Error).message)
        return undefined
      }
    }
    this.#ca = watch('caFile', certificates)
    this.#cert = watch('certFile', certificates)
    this.#key = watch('keyFile', privateKey)
    if (mistakes.length > 0) return
    try {
      void this.context
    } catch (error) {
      mistakes.push((error as Error).message)
    }
  }

  /** A certificate is changed before its key, or after it: until both are there, those that fit are used. */
  get context (): SecureContext {
    const from = [this.#ca?.value, this.#cert?.value, this.#key?.value]
    if (this.#made !== undefined && from.every((text, i) => text === this.#made?.from[i])) return this.#made.context
    const [ca, cert, key] = from
    try {
      if (cert !== undefined && !new X509Certificate(cert).checkPrivateKey(createPrivateKey(key as string))) {
        throw new Error('kafka.tls.keyFile does not hold the key of the certificate in kafka.tls.certFile')
      }
      const context = createSecureContext({ ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert, key: key as string }) })
      this.#made = { from, context }
      this.#apart = false
      return context
    } catch (error) {
      if (this.#made === undefined) throw error
      if (!this.#apart) this.#warn(`${(error as Error).message}; what they held before is still used.`)
      this.#apart = true
      return this.#made.context
    }
  }

  /** Whose certificate it is, as Kafka writes it (RFC 2253): the name's parts from the last to the first. Node has escaped them. Undefined without a certificate. */
  get subject (): string | undefined {
    const cert = this.#cert?.value
    return cert === undefined ? undefined : new X509Certificate(cert).subject.split('\n').reverse().join(',')
  }
}

/** All that the text holds. Throws where one of them cannot be read, or there is none. */
function certificates (text: string): string {
  const found = text.match(CERTIFICATE)
  if (found === null) throw new Error('holds no certificate in PEM')
  for (const one of found) {
    try {
      void new X509Certificate(one)
    } catch {
      throw new Error('holds a certificate that cannot be read')
    }
  }
  return found.join('\n')
}

function privateKey (text: string): string {
  try {
    createPrivateKey(text)
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_MISSING_PASSPHRASE') throw new Error('is locked by a passphrase; take it off (openssl pkey)')
    throw new Error('holds no private key in PEM')
  }
  return text
}
