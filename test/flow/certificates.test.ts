import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import { createApp } from '../../src/app.ts'
import { systemClock } from '../../src/clock.ts'
import { defaults, type DeepPartial, type Settings } from '../../src/config/index.ts'
import { sluice } from '../../src/index.ts'
import { testBroker } from '../kafka/broker.ts'
import { Authority, type Certified } from '../net/certificates.ts'
import type { ProtocolDevice } from './device.ts'
import { startGateway, type GatewayOptions, type TestGateway } from './gateway.ts'
import { Lines } from './lines.ts'
import { ask, shake } from './secure.ts'

const broker = await testBroker(t)
const authority = new Authority(t)
const stranger = new Authority(t, 'a stranger')
const { ca } = authority
const server = authority.server()
const sensor = authority.issue('/CN=sensor-1')

type More = DeepPartial<Settings['auth']['certificate']> & { clientCertificates?: 'optional' | 'required', clientCaFile?: string }

async function mutual (t: Parameters<typeof startGateway>[0], { clientCertificates = 'optional', clientCaFile = authority.caFile, ...certificate }: More = {}, options: GatewayOptions = {}): Promise<TestGateway> {
  const tls = { certFile: server.certFile, keyFile: server.keyFile, clientCaFile, clientCertificates }
  return await startGateway(t, broker, { ...options, settings: { tls, auth: { certificate: { device: 'cn', ...certificate } } } })
}

/** What a client that shows that certificate is answered. */
async function login ({ host }: TestGateway, shown: Certified | undefined, path = '/ws'): Promise<{ status: number, code: unknown, message: unknown }> {
  const { status, body } = await ask(host, path, { ca, ...(shown === undefined ? {} : { cert: shown.cert, key: shown.key }) })
  return { status, code: body.code, message: body.message }
}

const letIn = { status: 426, code: 'upgrade-required' }
const unknown = { status: 401, code: 'bad-credentials', message: /^Your certificate names no device, or more than one/ }

async function connect (gateway: TestGateway, { cert, key }: Certified, id = 'sensor-1'): Promise<ProtocolDevice> {
  return await gateway.device(id, { tls: { ca, cert, key } })
}

await t.test('a certificate says which device it is, and it is no other', async (t) => {
  const gateway = await mutual(t)
  const device = await connect(gateway, sensor)
  t.match(device.welcome, { device: 'sensor-1' })
  await device.stored(1, 1)
  t.match(await login(gateway, sensor), letIn, 'without an id in the address, too')
  t.match(await login(gateway, sensor, '/ws/sensor-2'), { status: 403, code: 'forbidden' })
  t.match(await login(gateway, undefined, '/ws/sensor-1'), { status: 401, code: 'unauthenticated' })
  t.match(await login(gateway, sensor, '/v1/devices'), { status: 403 }, 'a device may not list')
  t.match(await ask(gateway.host, '/readyz', { ca }), { status: 200 }, 'who looks after it needs none')
})

await t.test('what only looks like another device\'s name is nobody', async (t) => {
  const byCn = await mutual(t)
  const byUri = await mutual(t, { device: 'san:uri:urn:device:{device}' })
  const byDns = await mutual(t, { device: 'san:dns' })
  const cases: Array<[string, TestGateway, Certified]> = [
    ['a NUL in the CN', byCn, authority.issue('/CN=sensor-1Xevil', { change: { 'sensor-1Xevil': 'sensor-1\0evil' } })],
    ['two CNs', byCn, authority.issue('/CN=sensor-2/CN=sensor-1')],
    ['two CNs in one', byCn, authority.issue('/CN=sensor-2+CN=sensor-1', { multivalued: true })],
    ['a comma', byCn, authority.issue('/CN=sensor-2, CN=sensor-1')],
    ['a line end', byCn, authority.issue('/CN=sensor-2XCN=sensor-1', { change: { 'sensor-2XCN': 'sensor-2\nCN' } })],
    ['a space', byCn, authority.issue('/CN=sensor-1 ')],
    ['a letter that looks like another', byCn, authority.issue('/CN=sensоr-1')],
    ['none at all', byCn, authority.issue('/O=sensor-1')],
    ['a name that holds a second one', byUri, authority.issue('/CN=x', { san: 'DNS:evilXXURIYurnYdeviceYsensor-1', change: { 'evilXXURIYurnYdeviceYsensor-1': 'evil, URI:urn:device:sensor-1' } })],
    ['a NUL', byUri, authority.issue('/CN=x', { san: 'URI:urn:device:sensor-1X', change: { 'sensor-1X': 'sensor-1\0' } })],
    ['a quote', byUri, authority.issue('/CN=x', { san: 'URI:urn:device:sensor-2X', change: { 'sensor-2X': 'sensor-2"' } })],
    ['two names', byUri, authority.issue('/CN=x', { san: 'URI:urn:device:sensor-1,URI:urn:device:sensor-2' })],
    ['a name of another kind', byUri, authority.issue('/CN=urn:device:sensor-1', { san: 'DNS:urn.device.sensor-1' })],
    ['two DNS names in one', byDns, authority.issue('/CN=x', { san: 'DNS:sensor-2XDNSXsensor-1', change: { 'sensor-2XDNSXsensor-1': 'sensor-2,DNS:sensor-1' } })],
    ['no names', byDns, sensor]
  ]
  for (const [name, gateway, shown] of cases) t.match(await login(gateway, shown), unknown, name)
  t.match((await connect(byUri, authority.issue('/CN=x', { san: 'DNS:host,email:a@b.c,URI:urn:device:sensor-1,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:u@p' }))).welcome, { device: 'sensor-1' })
  t.match((await connect(byDns, authority.issue('/CN=x', { san: 'DNS:sensor-7,IP:1.2.3.4' }), 'sensor-7')).welcome, { device: 'sensor-7' })
})

for (const clientCertificates of ['optional', 'required'] as const) {
  await t.test(`what is expired, not good yet or somebody else's is refused in the handshake, where one is ${clientCertificates}`, async (t) => {
    const lines = new Lines('debug')
    const gateway = await mutual(t, { clientCertificates }, { logger: lines.logger })
    const device = await connect(gateway, sensor)
    const bad: Array<[string, Certified]> = [
      ['expired', authority.issue('/CN=sensor-1', { year: 2020 })],
      ['of the future', authority.issue('/CN=sensor-1', { year: 2049 })],
      ['of a stranger', stranger.issue('/CN=sensor-1')],
      ['by its own hand', { ...sensor, cert: stranger.ca, key: stranger.key }],
      ['forged', authority.issue('/CN=sensor-9', { tampered: { 'sensor-9': 'sensor-1' } })]
    ]
    for (const [name, shown] of bad) {
      for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
        await t.rejects(ask(gateway.host, '/ws', { ca, cert: shown.cert, key: shown.key, maxVersion }), name)
      }
    }
    if (clientCertificates === 'required') await t.rejects(ask(gateway.host, '/healthz', { ca }), 'and none at all')
    t.match(await lines.says(/CERT_HAS_EXPIRED/), /^A TLS handshake(?: with 127\.0\.0\.1)? failed: /)
    t.match(await device.stored(1, 'who is good goes on'), { id: 1 })
  })
}

await t.test('a session that is resumed is no certificate', async (t) => {
  const gateway = await mutual(t)
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const first = await shake(gateway.host, { ca, maxVersion })
    const session = maxVersion === 'TLSv1.2' ? first.getSession() as Buffer : (await once(first, 'session') as [Buffer])[0]
    first.destroy()
    t.match(await ask(gateway.host, '/ws/sensor-1', { ca, maxVersion, session }), { status: 401, body: { code: 'unauthenticated' } }, maxVersion)
  }
})

await t.test('only what is on the list, where there is one, and the list is read again', async (t) => {
  const [one, two] = [authority.issue('/CN=one'), authority.issue('/CN=two')]
  const fingerprintsFile = join(authority.folder, 'fingerprints')
  writeFileSync(fingerprintsFile, '# nobody yet\n')
  const lines = new Lines()
  const gateway = await mutual(t, { fingerprints: [one.fingerprint.toLowerCase()], fingerprintsFile }, { logger: lines.logger })
  const off = { status: 401, code: 'bad-credentials', message: /not on the list/ }
  t.match(await login(gateway, one), letIn)
  t.match(await login(gateway, two), off)
  writeFileSync(fingerprintsFile, `${two.fingerprint.replaceAll(':', '')} # the second\r\n\n`)
  while ((await login(gateway, two)).status !== letIn.status); // 401, and 429 when it has failed for long
  writeFileSync(fingerprintsFile, `${two.fingerprint}\nno fingerprint\n`)
  await lines.says(/fingerprintsFile names .*, which has no SHA-256 fingerprint in line 2\. What was read before stays in force/)
  t.match(await login(gateway, two), letIn)
  rmSync(fingerprintsFile)
  await lines.says(/fingerprintsFile names .*, which cannot be read: ENOENT\./)
  t.match(await login(gateway, two), letIn)
  writeFileSync(fingerprintsFile, '')
  while ((await login(gateway, two)).status === letIn.status);
  t.match(await login(gateway, one), letIn)
})

await t.test('a list in the settings alone', async (t) => {
  const gateway = await mutual(t, { fingerprints: [sensor.fingerprint] })
  t.match(await login(gateway, sensor), letIn)
  t.match(await login(gateway, authority.issue('/CN=sensor-1')), { status: 401, code: 'bad-credentials' }, 'another certificate of the same name')
})

await t.test('an authority that is replaced lets in nobody else', async (t) => {
  const [old, young] = [new Authority(t, 'old'), new Authority(t, 'young')]
  const clientCaFile = join(authority.folder, 'clients.pem')
  writeFileSync(clientCaFile, old.ca)
  const gateway = await mutual(t, { clientCaFile })
  const [before, after] = [old.issue('/CN=before'), young.issue('/CN=after')]
  const device = await connect(gateway, before, 'before')
  const socket = await shake(gateway.host, { ca, cert: before.cert, key: before.key, maxVersion: 'TLSv1.2' })
  const session = socket.getSession() as Buffer
  socket.destroy()
  t.match(await login(gateway, before), letIn)
  writeFileSync(clientCaFile, young.ca)
  while ((await login(gateway, after).catch(() => undefined))?.status !== 426);
  await t.rejects(login(gateway, before))
  await t.rejects(ask(gateway.host, '/ws', { ca, cert: before.cert, key: before.key, maxVersion: 'TLSv1.2', session }), 'nor by a session of before')
  t.match(await device.stored(1, 'who is in stays'), { id: 1 })
})

await t.test('a certificate that ends on an open connection logs nobody in any more', async (t) => {
  let afterMs = 0
  const gateway = await mutual(t, {}, { clock: { ...systemClock, now: () => Date.now() + afterMs } })
  t.match(await login(gateway, sensor), letIn)
  afterMs = 31 * 86_400_000
  t.match(await login(gateway, sensor), { status: 401, code: 'bad-credentials', message: 'Your certificate has expired.' })
})

await t.test('a certificate is revoked by its fingerprint, on the socket that is open too', async (t) => {
  const operator = authority.issue('/CN=operator')
  const gateway = await mutual(t)
  const device = await connect(gateway, sensor)
  const { revocations } = gateway.app.gateway
  await new Promise<void>((resolve, reject) => revocations.revoke('key', sensor.fingerprint.replaceAll(':', ''), { by: 'a test', at: Date.now() }, (failure) => failure === undefined ? resolve() : reject(failure)))
  t.match(await device.ended, { code: 4509 })
  t.match(await login(gateway, sensor), { status: 401, code: 'bad-credentials' })
  t.match(await login(gateway, operator), letIn, 'and no other')
})

await t.test('another role than device', async (t) => {
  const gateway = await mutual(t, { role: 'operator' })
  t.match(await login(gateway, sensor, '/v1/devices'), { status: 200 })
  t.match(await login(gateway, sensor), { status: 403 }, 'which is then no device')
})

await t.test('certificates without login: who has one may come, and by what it logs in is another matter', async (t) => {
  const tls = { certFile: server.certFile, keyFile: server.keyFile, clientCaFile: authority.caFile, clientCertificates: 'required' as const }
  const gateway = await startGateway(t, broker, { settings: { tls } })
  await t.rejects(login(gateway, undefined, '/ws/any'))
  t.match(await login(gateway, sensor, '/ws/any'), letIn)
})

await t.test('a start that could log nobody in is refused', async (t) => {
  const start = (settings: DeepPartial<Settings>): Promise<unknown> => createApp({ settings: defaults({ embedded: { port: 0 }, ...settings }) })
  await t.rejects(start({ auth: { certificate: { device: 'cn' } } }), { name: 'ConfigError', message: /auth\.certificate\.device is set, but nobody is asked for a certificate; set tls\.clientCertificates/ })
  const tls = { certFile: server.certFile, keyFile: server.keyFile, clientCaFile: authority.caFile, clientCertificates: 'required' as const }
  await t.rejects(start({ tls, auth: { certificate: { device: 'cn', fingerprintsFile: '/no/such' } } }), { name: 'ConfigError', message: /fingerprintsFile names "\/no\/such", which cannot be read: ENOENT/ })
  await t.rejects(start({ tls: { ...tls, clientCaFile: '/no/such' } }), { name: 'ConfigError', message: /clientCaFile names "\/no\/such"/ })
})

await t.test('in somebody else\'s server the certificates count that it has verified', async (t) => {
  const app = Fastify({ https: { cert: server.cert, key: server.key, ca, requestCert: true, rejectUnauthorized: false } })
  t.teardown(() => app.close())
  await app.register(sluice, { embedded: { port: 0 }, auth: { certificate: { device: 'cn' } } })
  const { host } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  t.match(await ask(host, '/ws', { ca, cert: sensor.cert, key: sensor.key }), { status: 426 })
  const forged = stranger.issue('/CN=sensor-1')
  t.match(await ask(host, '/ws/sensor-1', { ca, cert: forged.cert, key: forged.key }), { status: 401, body: { code: 'unauthenticated' } }, 'not one that it let pass unverified')
})
