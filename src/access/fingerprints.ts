import { readFile } from 'node:fs/promises'
import { ConfigError, quote } from '../config/index.ts'

const FINGERPRINT = /^(?:[0-9a-f]{64}|[0-9a-f]{2}(?::[0-9a-f]{2}){31})$/i

/** As it is compared: without colons, in capitals. */
export function bare (fingerprint: string): string { return fingerprint.replaceAll(':', '').toUpperCase() }

/** Names a certificate as it is revoked and as who logs in by it is known; any other text as it stands. */
export function keyIdOf (text: string): string { return FINGERPRINT.test(text) ? bare(text) : text }

/** One a line; what is behind # is a remark. Throws a `ConfigError` that names the file and the line. */
export async function readFingerprints (path: string): Promise<string[]> {
  const mistake = (what: string): ConfigError => new ConfigError([`auth.certificate.fingerprintsFile names ${quote(path)}, which ${what}.`])
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => { throw mistake(`cannot be read: ${error.code}`) })
  return text.split('\n').flatMap((line, at) => {
    const [fingerprint = ''] = line.split('#')
    if (fingerprint.trim() === '') return []
    if (!FINGERPRINT.test(fingerprint.trim())) throw mistake(`has no SHA-256 fingerprint in line ${at + 1}`)
    return bare(fingerprint.trim())
  })
}
