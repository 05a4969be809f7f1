import { constants, createHmac, createSecretKey, sign } from 'node:crypto'
import t from 'tap'
import { givenAccess, type GivenAccess } from './given.ts'
import { byHmac, byKey, fileWith, forged, inSeconds, pairs, pemOf, secret, token } from './issuer.ts'
import { jwk, KeyServer } from './key-server.ts'

const key = createSecretKey(Buffer.from(secret))
const rsa = pairs.rsa()
const p256 = pairs.p256()
const ed25519 = pairs.ed25519()
const stranger = pairs.rsa()
const attacker = await KeyServer.listen(t, [jwk(stranger.publicKey, { kid: 'stranger' })])
const issuer = await KeyServer.listen(t, [jwk(rsa.publicKey, { kid: 'rsa' }), jwk(p256.publicKey, { kid: 'p256' }), jwk(ed25519.publicKey, { kid: 'ed' })])

const named = { issuer: 'https://id.example', audience: 'sluice' }
const bySecret = await givenAccess(t, { jwt: { secretFile: fileWith(t, `${secret}\r\n`), ...named } })
const byPem = await givenAccess(t, { jwt: { publicKeyFile: fileWith(t, pemOf(rsa)), ...named } })
const byEc = await givenAccess(t, { jwt: { publicKeyFile: fileWith(t, pemOf(p256)), ...named } })
const bySet = await givenAccess(t, { jwt: { jwksUrl: issuer.url, ...named } })

const now = inSeconds(Date.now())
const good = { sub: 'sensor-1', iss: 'https://id.example', aud: 'sluice', iat: now, exp: now + 300 }
const text = JSON.stringify(good)
const pem = pemOf(rsa)
const hs = byHmac(secret)
const rs = byKey(rsa.privateKey)
const none = (): string => ''
const valid = await token(key, { alg: 'HS256' }, good)
const [head, body, mark] = valid.split('.') as [string, string, string]
const ofRsa = await token(rsa.privateKey, { alg: 'RS256', kid: 'rsa' }, good)

const CANNOT_BE_READ = /^bad-credentials: Your token cannot be read as a JWT/
const SIGNATURE = /^bad-credentials: Your token's signature is not good/
const ALGORITHM = /^bad-credentials: Your token is signed by an algorithm that this server does not take/
const UNKNOWN_KEY = /^bad-credentials: Your token is signed by a key that its issuer does not have/
const TWICE = /^bad-credentials: Your token has a name twice/
const NO_KIND = /^bad-credentials: Your token is of no kind/
const claim = (name: string, what = 'is not one that this server takes'): RegExp => new RegExp(`^bad-credentials: Your token's claim ${name} ${what}`)

/** The attacks of the literature: each token with the server that it tries, and what it hears. */
const attacks: Array<[string, GivenAccess, string, RegExp]> = [
  ...['none', 'None', 'NONE', 'nOnE', 'none ', ''].flatMap((alg): typeof attacks => [
    [`alg ${alg} with no signature`, bySecret, forged({ alg }, good, none), alg === '' ? CANNOT_BE_READ : ALGORITHM],
    [`alg ${alg} with no signature, on a key set`, bySet, forged({ alg }, good, none), alg === '' ? CANNOT_BE_READ : ALGORITHM],
    [`alg ${alg} with a signature that was good`, byPem, forged({ alg }, good, rs), alg === '' ? CANNOT_BE_READ : ALGORITHM]
  ]),
  ['no alg', bySecret, forged({ typ: 'JWT' }, good, hs), CANNOT_BE_READ],
  ['alg is no text', bySecret, forged({ alg: ['HS256'] }, good, hs), CANNOT_BE_READ],
  ['alg of Object.prototype', bySecret, forged({ alg: 'constructor' }, good, hs), ALGORITHM],
  ['alg of Object.prototype, on a key set', bySet, forged({ alg: '__proto__', kid: 'rsa' }, good, hs), ALGORITHM],
  ['RS to HS: the public PEM as the secret', byPem, forged({ alg: 'HS256' }, good, byHmac(pem)), ALGORITHM],
  ['RS to HS: the public PEM without its line end', byPem, forged({ alg: 'HS256' }, good, byHmac(pem.trim())), ALGORITHM],
  ['RS to HS: the public key in DER', byPem, forged({ alg: 'HS256' }, good, (input) => createHmac('sha256', rsa.publicKey.export({ format: 'der', type: 'spki' })).update(input).digest()), ALGORITHM],
  ['RS to HS: the key of the set as the secret', bySet, forged({ alg: 'HS256', kid: 'rsa' }, good, byHmac(rsa.publicKey.export({ format: 'jwk' }).n as string)), ALGORITHM],
  ['RS to HS: the PEM of the set\'s key', bySet, forged({ alg: 'HS256', kid: 'rsa' }, good, byHmac(pem)), ALGORITHM],
  ['HS384 with the right secret', bySecret, forged({ alg: 'HS384' }, good, byHmac(secret, 'sha384')), ALGORITHM],
  ['RS256 where a secret is', bySecret, ofRsa, ALGORITHM],
  ['ES256 where an RSA key is', byPem, await token(p256.privateKey, { alg: 'ES256' }, good), ALGORITHM],
  ['RS256 where an EC key is', byEc, ofRsa, ALGORITHM],
  ['ES384 where a P-256 key is', byEc, forged({ alg: 'ES384' }, good, byKey(p256.privateKey, 'sha384')), ALGORITHM],
  ['the kid of a key of another kind', bySet, await token(rsa.privateKey, { alg: 'RS256', kid: 'p256' }, good), UNKNOWN_KEY],
  ['no secret at all', bySecret, forged({ alg: 'HS256' }, good, byHmac('')), SIGNATURE],
  ['a secret that everybody knows', bySecret, forged({ alg: 'HS256' }, good, byHmac('secret')), SIGNATURE],
  ['another one\'s key', byPem, await token(stranger.privateKey, { alg: 'RS256' }, good), SIGNATURE],
  ...['../../../../dev/null', '/dev/null', 'file:///dev/null', "' UNION SELECT 'secret", "x'; DROP TABLE keys; --", '`id`', '| id', '\u0000', 'stranger', '__proto__', 'constructor', 'x'.repeat(2000)].flatMap((kid): typeof attacks => [
    [`kid ${JSON.stringify(kid.slice(0, 30))} with an empty secret`, bySecret, forged({ alg: 'HS256', kid }, good, byHmac('')), SIGNATURE],
    [`kid ${JSON.stringify(kid.slice(0, 30))} on a key set`, bySet, forged({ alg: 'RS256', kid }, good, byKey(stranger.privateKey)), UNKNOWN_KEY]
  ]),
  ['kid is no text', bySet, forged({ alg: 'RS256', kid: { $ne: null } }, good, rs), UNKNOWN_KEY],
  ...[bySet, byPem].flatMap((server): typeof attacks => [
    ['jku', { jku: attacker.url }],
    ['x5u', { x5u: attacker.url }],
    ['jwk', { jwk: jwk(stranger.publicKey) }],
    ['x5c', { x5c: [stranger.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')] }]
  ].map(([name, more]) => [`${name as string} that leads to the attacker's key`, server, forged({ alg: 'RS256', kid: 'rsa', ...more as object }, good, byKey(stranger.privateKey)), SIGNATURE])),
  ['jku and the attacker\'s kid', bySet, forged({ alg: 'RS256', kid: 'stranger', jku: attacker.url }, good, byKey(stranger.privateKey)), UNKNOWN_KEY],
  ['crit that is not known', bySecret, forged({ alg: 'HS256', crit: ['exp'], exp: 1 }, good, hs), /^bad-credentials: Your token is signed in a way/],
  ['crit that jose knows', bySecret, forged({ alg: 'HS256', crit: ['b64'], b64: true }, good, hs), /^bad-credentials: Your token demands/],
  ['crit and a payload as it stands', bySecret, `${Buffer.from('{"alg":"HS256","crit":["b64"],"b64":false}').toString('base64url')}.${body}.${mark}`, SIGNATURE],
  ['crit that is empty', bySecret, forged({ alg: 'HS256', crit: [] }, good, hs), CANNOT_BE_READ],
  ['expired', bySecret, await token(key, { alg: 'HS256' }, { ...good, exp: now - 6 }), /^bad-credentials: Your token has expired/],
  ['without expiry', bySecret, await token(key, { alg: 'HS256' }, { ...good, exp: undefined }), claim('exp', 'is missing')],
  ['expiry as text', bySecret, forged({ alg: 'HS256' }, { ...good, exp: '9999999999' }, hs), claim('exp')],
  ['expiry in milliseconds', bySecret, forged({ alg: 'HS256' }, { ...good, exp: Date.now() + 60_000 }, hs), claim('exp', 'is no time in seconds')],
  ['expiry beyond all numbers', bySecret, forged({ alg: 'HS256' }, text.replace(/"exp":\d+/, '"exp":1e999'), hs), claim('exp', 'is no time in seconds')],
  ['expiry null', bySecret, forged({ alg: 'HS256' }, { ...good, exp: null }, hs), claim('exp')],
  ['not yet valid', bySecret, await token(key, { alg: 'HS256' }, { ...good, nbf: now + 60 }), claim('nbf')],
  ['nbf as text', bySecret, forged({ alg: 'HS256' }, { ...good, nbf: '0' }, hs), claim('nbf')],
  ['issued in the future', bySecret, await token(key, { alg: 'HS256' }, { ...good, iat: now + 60 }), claim('iat', 'lies in the future')],
  ['iat as text', bySecret, forged({ alg: 'HS256' }, { ...good, iat: '0' }, hs), claim('iat')],
  ['another issuer', bySecret, await token(key, { alg: 'HS256' }, { ...good, iss: 'https://id.example.evil.example' }), claim('iss')],
  ['several issuers', bySecret, forged({ alg: 'HS256' }, { ...good, iss: ['https://id.example'] }, hs), claim('iss')],
  ['no issuer', bySecret, await token(key, { alg: 'HS256' }, { ...good, iss: undefined }), claim('iss', 'is missing')],
  ['for somebody else', bySecret, await token(key, { alg: 'HS256' }, { ...good, aud: ['other', 'sluice2'] }), claim('aud')],
  ['for somebody like us', bySecret, forged({ alg: 'HS256' }, { ...good, aud: { sluice: true } }, hs), claim('aud')],
  ['for nobody', bySecret, await token(key, { alg: 'HS256' }, { ...good, aud: undefined }), claim('aud', 'is missing')],
  ...['logout+jwt', 'secevent+jwt', 'dpop+jwt', 'application/logout+jwt', 'JWS', ''].map((typ): typeof attacks[number] =>
    [`typ ${typ}`, bySecret, forged({ alg: 'HS256', typ }, good, hs), /^bad-credentials: Your token is of another kind/]),
  ['typ is no text', bySecret, forged({ alg: 'HS256', typ: { a: 1 } }, good, hs), /^bad-credentials: Your token is of another kind/],
  ['without a signature', bySecret, `${head}.${body}.`, SIGNATURE],
  ['without its last part', bySecret, `${head}.${body}`, NO_KIND],
  ['without its payload', bySecret, `${head}..${mark}`, CANNOT_BE_READ],
  ['without its head', bySecret, `.${body}.${mark}`, CANNOT_BE_READ],
  ['nothing but dots', bySecret, '..', CANNOT_BE_READ],
  ['four parts', bySecret, `${valid}.${mark}`, NO_KIND],
  ['five parts: an encrypted one', bySecret, `${head}.${body}.${mark}.${body}.${mark}`, NO_KIND],
  ['cut in its signature', bySecret, valid.slice(0, -4), SIGNATURE],
  ['one bit of its signature turned', bySecret, `${head}.${body}.${(mark[0] === 'A' ? 'B' : 'A')}${mark.slice(1)}`, SIGNATURE],
  ['another payload', bySecret, `${head}.${Buffer.from(text.replace('sensor-1', 'sensor-2')).toString('base64url')}.${mark}`, SIGNATURE],
  ['a signature that is longer', bySecret, `${valid}AAAA`, SIGNATURE],
  ['too long', bySecret, await token(key, { alg: 'HS256' }, { ...good, x: 'x'.repeat(7000) }), /^bad-credentials: Your token is longer than 8192 characters/],
  ['much too long', bySecret, `${'a'.repeat(1_000_000)}.${body}.${mark}`, /^bad-credentials: Your token is longer than 8192 characters/],
  ['sub twice', bySecret, forged({ alg: 'HS256' }, text.replace('{', '{"sub":"sensor-2",'), hs), TWICE],
  ['sub twice, once in disguise', bySecret, forged({ alg: 'HS256' }, text.replace('{', '{"s\\u0075b":"sensor-2",'), hs), TWICE],
  ['twice within a claim', bySecret, forged({ alg: 'HS256' }, text.replace('{', '{"a":[{"roles":1,"roles":2}],'), hs), TWICE],
  ['__proto__ twice', bySecret, forged({ alg: 'HS256' }, text.replace('{', '{"__proto__":{"roles":["operator"]},"__proto__":1,'), hs), TWICE],
  ['alg twice', bySecret, forged('{"alg":"none","alg":"HS256"}', good, hs), TWICE],
  ['a byte order mark', bySecret, forged({ alg: 'HS256' }, `\uFEFF${text}`, hs), TWICE],
  ['nested without end', bySecret, forged({ alg: 'HS256' }, text.replace('{', `{"x":${'['.repeat(2900)}${']'.repeat(2900)},`), hs), TWICE],
  ['base64 with padding', bySecret, `${head}=.${body}.${mark}`, CANNOT_BE_READ],
  ['base64 of the other alphabet', bySecret, `${head}.${body}.+/${mark}`, CANNOT_BE_READ],
  ['base64 with other characters', bySecret, `${head}.${body}.${mark}\t`, CANNOT_BE_READ],
  ['a head that is no JSON', bySecret, forged('alg', good, hs), CANNOT_BE_READ],
  ['a head that is no object', bySecret, forged('["HS256"]', good, hs), CANNOT_BE_READ],
  ['a payload that is no JSON', bySecret, forged({ alg: 'HS256' }, 'sub', hs), CANNOT_BE_READ],
  ['a payload that is no object', bySecret, forged({ alg: 'HS256' }, '[1]', hs), CANNOT_BE_READ],
  ['a payload that is null', bySecret, forged({ alg: 'HS256' }, 'null', hs), CANNOT_BE_READ],
  ['an ECDSA signature of zeros', byEc, forged({ alg: 'ES256' }, good, () => Buffer.alloc(64)), SIGNATURE],
  ['an ECDSA signature of the order of its curve', byEc, forged({ alg: 'ES256' }, good, () => Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'.repeat(2), 'hex')), SIGNATURE],
  ['an ECDSA signature in DER', byEc, forged({ alg: 'ES256' }, good, byKey(p256.privateKey, 'sha256', 'der')), SIGNATURE],
  ['an ECDSA signature of no length', byEc, forged({ alg: 'ES256' }, good, none), SIGNATURE],
  ['an RSA signature of zeros', byPem, forged({ alg: 'RS256' }, good, () => Buffer.alloc(256)), SIGNATURE],
  ['an RSA signature that is the number 1', byPem, forged({ alg: 'RS256' }, good, () => Buffer.concat([Buffer.alloc(255), Buffer.from([1])])), SIGNATURE],
  ['an Ed25519 signature of zeros', bySet, forged({ alg: 'EdDSA', kid: 'ed' }, good, () => Buffer.alloc(64)), SIGNATURE],
  ['a PS signature said to be RS', byPem, forged({ alg: 'RS256' }, good, (input) => sign('sha256', Buffer.from(input), { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })), SIGNATURE]
]

await t.test('the four servers take what is good', async (t) => {
  for (const [server, jwt] of [[bySecret, valid], [byPem, ofRsa], [byEc, await token(p256.privateKey, { alg: 'ES256' }, good)], [bySet, ofRsa]] as const) {
    t.match(await server.login(jwt), { by: 'token', device: 'sensor-1' })
  }
})

/** Far more than any of them takes, and less than anything that was started in vain. */
const BOUND_MS = 2_000

await t.test('no attack gets in, or takes long', async (t) => {
  for (const [name, server, jwt, heard] of attacks) {
    const startMs = performance.now()
    t.match(await server.login(jwt), heard, name)
    t.ok(performance.now() - startMs < BOUND_MS, `${name}: in time`)
  }
})

await t.test('nobody was asked for a key but the issuer', async (t) => {
  t.equal(attacker.asked, 0)
  t.ok(issuer.asked > 0)
})
