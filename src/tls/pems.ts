import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { ConfigError, quote, type Settings } from '../config/index.ts'

/** What the files of `tls` hold, and found to be whole. */
export interface Pems {
  /** The server's certificate first, then the chain. */
  readonly cert: string
  readonly key: KeyObject
  /** Who signs clients' certificates; undefined: nobody is asked for one. */
  readonly ca: string | undefined
  /** The server's certificate alone. */
  readonly leaf: X509Certificate
}

type Name = 'certFile' | 'keyFile' | 'passphraseFile' | 'clientCaFile'

/** Throws a `ConfigError` that names the setting and the file. A file that is only half written is one that cannot be read. */
export async function readPems ({ certFile, keyFile, passphraseFile, clientCaFile }: Settings['tls']): Promise<Pems> {
  const cert = await read('certFile', certFile!)
  const [leaf] = certificatesIn('certFile', certFile!, cert) as [X509Certificate]
  const passphrase = passphraseFile === undefined ? undefined : (await read('passphraseFile', passphraseFile)).replace(/\r?\n$/, '')
  const key = privateKey(keyFile!, await read('keyFile', keyFile!), passphrase)
  if (!leaf.checkPrivateKey(key)) throw mistake('keyFile', keyFile!, 'is not the key of the certificate in tls.certFile')
  const ca = clientCaFile === undefined ? undefined : await read('clientCaFile', clientCaFile)
  if (ca !== undefined) certificatesIn('clientCaFile', clientCaFile!, ca) // OpenSSL would pass over what it cannot read, and then trust nobody
  return { cert, key, ca, leaf }
}

const BLOCK = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g

function certificatesIn (name: Name, path: string, pem: string): X509Certificate[] {
  const blocks = pem.match(BLOCK) ?? []
  const begun = pem.match(/-----BEGIN/g)?.length ?? 0
  if (blocks.length === 0) throw mistake(name, path, 'holds no certificate in PEM')
  if (blocks.length !== begun) throw mistake(name, path, 'holds something that is no whole certificate')
  return blocks.map((block, at) => {
    try {
      return new X509Certificate(block)
    } catch {
      throw mistake(name, path, `holds a certificate that cannot be read, number ${at + 1}`)
    }
  })
}

function privateKey (path: string, pem: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) })
  } catch {
    if (passphrase === undefined && pem.includes('ENCRYPTED')) throw mistake('keyFile', path, 'holds a key with a passphrase; set tls.passphraseFile')
    throw mistake('keyFile', path, passphrase === undefined ? 'holds no private key in PEM that can be read' : 'holds no private key that can be read with the passphrase in tls.passphraseFile')
  }
}

async function read (name: Name, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw mistake(name, path, `cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function mistake (name: Name, path: string, what: string): ConfigError {
  return new ConfigError([`tls.${name} names ${quote(path)}, which ${what}.`])
}
