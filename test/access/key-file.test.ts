import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { readPublicKey, readSecret } from '../../src/access/key-file.ts'
import { mistakesOf } from '../config/given.ts'
import { fileWith, pairs, pemOf } from './issuer.ts'

/** Of a P-256 key, made by openssl req -x509. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBgTCCASegAwIBAgIUGMnPq8bw9emDmUZ5v5XwawxrDZEwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKaWQuZXhhbXBsZTAgFw0yNjExMjgwODM0MjVaGA8yMTI2MTEw
NDA4MzQyNVowFTETMBEGA1UEAwwKaWQuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABCPbYYRDMHdL5IDoGfCxc3FcrQn0wO+OGj/mXSzIK2OO4jQPqkl9
FxH4CQHesLPHPhfMTjYmaE9gxhvkRKELgmujUzBRMB0GA1UdDgQWBBTIFdKpy8Sz
S/hxPnQ7uMyz5UO13jAfBgNVHSMEGDAWgBTIFdKpy8SzS/hxPnQ7uMyz5UO13jAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIHPMYomzIp+7n83QrzgK
Qd+phR6GozZElzFbmZKawHXOAiEAyK5mFIzr9gLOKSh58feKMhqSg+ttQBqMzeiE
E9sFtJc=
-----END CERTIFICATE-----
`

await t.test('a secret is the bytes of its file, less one line end', async (t) => {
  const secret = 'x'.repeat(32)
  for (const end of ['', '\n', '\r\n']) t.equal(readSecret(fileWith(t, secret + end)).key.export().toString(), secret)
  t.equal(readSecret(fileWith(t, `${secret}\n\n`)).key.export().toString(), `${secret}\n`)
  const bytes = Buffer.alloc(32, 0xff)
  t.strictSame(readSecret(fileWith(t, bytes)).key.export(), bytes)
})

await t.test('a secret that is too short, or that is not there', async (t) => {
  const short = fileWith(t, `${'x'.repeat(31)}\n`)
  t.match(mistakesOf(() => readSecret(short)), [/^auth\.jwt\.secretFile names ".*", which holds a secret of 31 bytes; it must have at least 32, such as openssl rand -base64 32 makes$/])
  t.match(mistakesOf(() => readSecret(fileWith(t, ''))), [/a secret of 0 bytes/])
  t.strictSame(mistakesOf(() => readSecret('/none')), ['auth.jwt.secretFile names "/none", which cannot be read: ENOENT'])
})

await t.test('a public key pins the algorithms', async (t) => {
  const rsa = pairs.rsa()
  t.strictSame(readPublicKey(fileWith(t, pemOf(rsa))).algorithms, ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'])
  t.strictSame(readPublicKey(fileWith(t, rsa.publicKey.export({ format: 'pem', type: 'pkcs1' }))).algorithms.length, 6)
  t.strictSame(readPublicKey(fileWith(t, pemOf(pairs.p256()))).algorithms, ['ES256'])
  t.strictSame(readPublicKey(fileWith(t, pemOf(pairs.p384()))).algorithms, ['ES384'])
  t.strictSame(readPublicKey(fileWith(t, pemOf(pairs.p521()))).algorithms, ['ES512'])
  t.strictSame(readPublicKey(fileWith(t, pemOf(pairs.ed25519()))).algorithms, ['EdDSA', 'Ed25519'])
  t.strictSame(readPublicKey(fileWith(t, CERTIFICATE)).algorithms, ['ES256'], 'that of a certificate')
})

await t.test('what is no key to verify by', async (t) => {
  const rsa = pairs.rsa()
  const pkcs8 = fileWith(t, rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }))
  const cases: Array<[string, RegExp]> = [
    ['/none', /^auth\.jwt\.publicKeyFile names "\/none", which cannot be read: ENOENT$/],
    [pkcs8, /holds a private key; give the public one, and sign with a new pair/],
    [fileWith(t, pairs.p256().privateKey.export({ format: 'pem', type: 'sec1' })), /holds a private key/],
    [fileWith(t, 'not a key'), /holds no public key in PEM that can be read$/],
    [fileWith(t, ''), /holds no public key/],
    [fileWith(t, pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }))), /holds a key that signs no JWT; it must be RSA of at least 2048 bits, P-256, P-384, P-521 or Ed25519$/],
    [fileWith(t, pemOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }))), /signs no JWT/],
    [fileWith(t, pemOf(generateKeyPairSync('x25519'))), /signs no JWT/],
    [fileWith(t, pemOf(generateKeyPairSync('ed448'))), /signs no JWT/],
    [fileWith(t, pemOf(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }))), /signs no JWT/]
  ]
  for (const [path, sentence] of cases) t.match(mistakesOf(() => readPublicKey(path)), [sentence])
})
