/** Certificates of an authority of the test's own, made by `openssl`, as PEM files in one folder. */

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface CertificateOptions {
  /** As openssl writes it: `/O=Sluice/CN=sluice`. */
  subject: string
  /** `DNS:localhost,IP:127.0.0.1` */
  names?: string
  /** Negative: it has expired already. */
  days?: number
}

export class Authority {
  readonly caFile: string
  readonly #folder: string

  constructor (folder: string, name = 'ca') {
    this.#folder = folder
    this.caFile = join(folder, `${name}.pem`)
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', this.#keyFile, '-out', this.caFile, '-days', '2', '-subj', `/CN=${name}`)
  }

  get #keyFile (): string { return `${this.caFile}.key` }

  /** The files of a certificate and its key, and one that holds both, as Kafka's PEM key stores want them. */
  issue (name: string, { subject, names = 'DNS:localhost,IP:127.0.0.1', days = 1 }: CertificateOptions): { certFile: string, keyFile: string, storeFile: string } {
    const at = (ending: string): string => join(this.#folder, `${name}.${ending}`)
    const [keyFile, request, certFile, storeFile, extensions] = [at('key'), at('csr'), at('pem'), at('store.pem'), at('ext')]
    openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile, '-out', request, '-subj', subject)
    writeFileSync(extensions, `subjectAltName=${names}\n`)
    openssl('x509', '-req', '-in', request, '-CA', this.caFile, '-CAkey', this.#keyFile, '-CAcreateserial', '-extfile', extensions, '-out', certFile, '-days', String(days))
    writeFileSync(storeFile, readFileSync(keyFile, 'utf8') + readFileSync(certFile, 'utf8'))
    return { certFile, keyFile, storeFile }
  }
}

function openssl (...args: string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl ${args.join(' ')} failed: ${stderr}`)
}
