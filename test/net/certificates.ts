/** Certificates, made by openssl(1) in a folder of the test's own. */

import { execFileSync } from 'node:child_process'
import { createPrivateKey, sign, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Owner { teardown: (fn: () => void) => void }

/** A certificate with its key, in files and as they are read. */
export interface Certified {
  readonly certFile: string
  readonly keyFile: string
  readonly cert: string
  readonly key: string
  /** SHA-256, upper-case hex with colons. */
  readonly fingerprint: string
}

export interface Extras {
  /** As openssl writes them: `DNS:a.example,URI:urn:device:a`. */
  san?: string
  /** Changes what is signed, bytes for as many bytes: what openssl would not write. */
  change?: Record<string, string>
  /** Changes it without signing it anew. */
  tampered?: Record<string, string>
  /** Whether + joins what follows to what is before it. */
  multivalued?: boolean
  /** The only year in which it is good. */
  year?: number
}

let made = 0

export class Authority {
  readonly folder: string
  readonly caFile: string
  #keyFile: string

  constructor (t: Owner, name = 'a test\'s authority') {
    this.folder = mkdtempSync(join(tmpdir(), 'sluice-certificates-'))
    t.teardown(() => rmSync(this.folder, { recursive: true, force: true }))
    this.caFile = join(this.folder, 'ca.pem')
    this.#keyFile = join(this.folder, 'ca.key')
    openssl('req', '-x509', ...NEW_KEY, '-keyout', this.#keyFile, '-out', this.caFile, '-days', '30', '-subj', `/CN=${name}`)
  }

  /** Its own key. */
  get key (): string { return readFileSync(this.#keyFile, 'utf8') }

  get ca (): string { return readFileSync(this.caFile, 'utf8') }

  /** For a server on 127.0.0.1 and localhost. */
  server (name = 'server'): Certified { return this.issue(`/CN=${name}`, { san: 'DNS:localhost,IP:127.0.0.1' }) }

  /** `subject` as openssl takes it: `/CN=sensor-1`. */
  issue (subject: string, { san, change = {}, tampered, multivalued = false, year }: Extras = {}): Certified {
    const name = join(this.folder, `${++made}`)
    const [certFile, keyFile, request, extensions] = ['pem', 'key', 'csr', 'ext'].map((end) => `${name}.${end}`) as [string, string, string, string]
    openssl('req', '-new', '-utf8', ...NEW_KEY, '-keyout', keyFile, '-out', request, '-subj', subject, ...multivalued ? ['-multivalue-rdn'] : [])
    writeFileSync(extensions, `basicConstraints=CA:FALSE\n${san === undefined ? '' : `subjectAltName=${san}\n`}`)
    openssl('x509', '-req', '-in', request, '-CA', this.caFile, '-CAkey', this.#keyFile, '-CAcreateserial', '-days', '30', '-extfile', extensions, '-out', certFile)
    if (Object.keys(change).length > 0 || year !== undefined) writeFileSync(certFile, this.#signedAnew(readFileSync(certFile, 'utf8'), change, year))
    if (tampered !== undefined) writeFileSync(certFile, asPem(replaced(derOf(readFileSync(certFile, 'utf8')), tampered)))
    const cert = readFileSync(certFile, 'utf8')
    return { certFile, keyFile, cert, key: readFileSync(keyFile, 'utf8'), fingerprint: new X509Certificate(cert).fingerprint256 }
  }

  /** SEQUENCE { what is signed, the algorithm, the signature }. */
  #signedAnew (pem: string, change: Record<string, string>, year: number | undefined): string {
    const whole = derOf(pem)
    const body = whole.subarray(headLength(whole))
    const end = headLength(body) + contentLength(body)
    let tbs = replaced(body.subarray(0, end), change).toString('latin1')
    if (year !== undefined) tbs = tbs.replace(VALIDITY, `$1${String(year).slice(2)}0101000000Z$1${String(year).slice(2)}1231235959Z`)
    const signed = Buffer.from(tbs, 'latin1')
    const algorithm = body.subarray(end, end + headLength(body.subarray(end)) + contentLength(body.subarray(end)))
    const signature = sign('sha256', signed, createPrivateKey(readFileSync(this.#keyFile)))
    const bits = Buffer.concat([Buffer.from([3, signature.length + 1, 0]), signature])
    const content = Buffer.concat([signed, algorithm, bits])
    return asPem(Buffer.concat([Buffer.from([0x30, 0x82, content.length >> 8, content.length & 255]), content]))
  }
}

/** Two UTCTimes. */
const VALIDITY = /(\x17\x0d)\d{12}Z\x17\x0d\d{12}Z/ // eslint-disable-line no-control-regex
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

function openssl (...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

function derOf (pem: string): Buffer { return new X509Certificate(pem).raw }

function asPem (der: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${(der.toString('base64').match(/.{1,64}/g) as string[]).join('\n')}\n-----END CERTIFICATE-----\n`
}

function replaced (der: Buffer, changes: Record<string, string>): Buffer {
  let text = der.toString('latin1')
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from) || from.length !== to.length) throw new Error(`${JSON.stringify(from)} cannot become ${JSON.stringify(to)}`)
    text = text.replaceAll(from, () => to)
  }
  return Buffer.from(text, 'latin1')
}

function headLength (der: Buffer): number {
  const first = der[1] as number
  return first < 0x80 ? 2 : 2 + (first & 0x7f)
}

function contentLength (der: Buffer): number {
  const first = der[1] as number
  return first < 0x80 ? first : der.readUIntBE(2, first & 0x7f)
}
