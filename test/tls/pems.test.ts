import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { ConfigError, Settings } from '../../src/config/index.ts'
import { readPems } from '../../src/tls/pems.ts'
import { Authority } from '../net/certificates.ts'

const authority = new Authority(t)
const server = authority.server()
const other = authority.server()
const base = { minVersion: 'TLSv1.2', clientCertificates: 'none' } as const
const file = (name: string, text: string): string => {
  const path = join(authority.folder, name)
  writeFileSync(path, text)
  return path
}
const passphraseFile = file('passphrase', 'a secret\n')
const locked = join(authority.folder, 'locked.key')
execFileSync('openssl', ['pkcs8', '-topk8', '-in', server.keyFile, '-out', locked, '-passout', 'pass:a secret'])

async function mistakeOf (tls: Partial<Settings['tls']>): Promise<string> {
  try {
    await readPems({ ...base, certFile: server.certFile, keyFile: server.keyFile, ...tls })
    return 'none'
  } catch (error) {
    return (error as ConfigError).mistakes[0] as string
  }
}

await t.test('what is good', async (t) => {
  const chain = file('chain.pem', `${server.cert}${authority.ca}`)
  const pems = await readPems({ ...base, certFile: chain, keyFile: locked, passphraseFile, clientCaFile: authority.caFile })
  t.equal(pems.leaf.subject, 'CN=server', 'the first of a chain is the server\'s own')
  t.equal(pems.key.export({ type: 'pkcs8', format: 'pem' }), readFileSync(server.keyFile, 'utf8'))
  t.equal(pems.ca, authority.ca)
})

await t.test('what is not', async (t) => {
  const half = file('half.pem', `${server.cert}${authority.ca.slice(0, 200)}`)
  const garbled = file('garbled.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
  const cases: Array<[Partial<Settings['tls']>, RegExp]> = [
    [{ certFile: '/no/such.pem' }, /^tls\.certFile names "\/no\/such\.pem", which cannot be read: ENOENT\.$/],
    [{ certFile: server.keyFile }, /^tls\.certFile names .*, which holds no certificate in PEM\.$/],
    [{ certFile: half }, /^tls\.certFile names .*half\.pem", which holds something that is no whole certificate\.$/],
    [{ certFile: garbled }, /^tls\.certFile names .*garbled\.pem", which holds a certificate that cannot be read, number 1\.$/],
    [{ keyFile: server.certFile }, /^tls\.keyFile names .*, which holds no private key in PEM that can be read\.$/],
    [{ keyFile: other.keyFile }, /^tls\.keyFile names .*, which is not the key of the certificate in tls\.certFile\.$/],
    [{ keyFile: locked }, /^tls\.keyFile names .*, which holds a key with a passphrase; set tls\.passphraseFile\.$/],
    [{ keyFile: locked, passphraseFile: file('wrong', 'another') }, /which holds no private key that can be read with the passphrase in tls\.passphraseFile\.$/],
    [{ passphraseFile: '/no/such' }, /^tls\.passphraseFile names "\/no\/such", which cannot be read: ENOENT\.$/],
    [{ clientCaFile: '/no/such' }, /^tls\.clientCaFile names "\/no\/such", which cannot be read: ENOENT\.$/],
    [{ clientCaFile: file('empty', '') }, /^tls\.clientCaFile names .*, which holds no certificate in PEM\.$/]
  ]
  for (const [tls, mistake] of cases) t.match(await mistakeOf(tls), mistake)
})
