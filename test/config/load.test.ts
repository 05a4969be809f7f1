import t from 'tap'
import type { Test } from 'tap'
import { load } from '../../src/config/index.ts'
import type { Settings } from '../../src/config/index.ts'
import { settings as all } from '../../src/config/names.ts'
import type { Setting } from '../../src/config/names.ts'
import { loadFrom } from './given.ts'
import type { Sources } from './given.ts'

await t.test('nothing given: no file is read, and everything is a default', async t => {
  const { origins } = load({ argv: [], env: {}, readFile: () => t.fail('read a file') as never })
  t.strictSame([...origins], all.map(({ name }) => [name, 'default']))
})

await t.test('each source overrules the one before', async t => {
  const cases: Array<[Sources, number, string]> = [
    [{}, 8080, 'default'],
    [{ file: { port: 1 } }, 1, 'sluice.json'],
    [{ file: { port: 1 }, env: { PORT: '2' } }, 2, 'PORT'],
    [{ file: { port: 1 }, env: { PORT: '2', SLUICE_PORT: '3' } }, 3, 'SLUICE_PORT'],
    [{ file: { port: 1 }, env: { PORT: '2', SLUICE_PORT: '3' }, argv: ['--port', '4'] }, 4, '--port'],
    [{ argv: ['--port', '4', '--port=5'] }, 5, '--port'],
    [{ env: { PORT: 'any', SLUICE_PORT: '3' } }, 3, 'SLUICE_PORT'],
    [{ env: { PORT: '2', SLUICE_PORT: '' } }, 2, 'PORT'],
    [{ env: { PORT: '2', SLUICE_PORT: 'tcp://10.0.0.1:8080' } }, 2, 'PORT'],
    [{ env: { PORT: '', SLUICE_PORT: undefined } }, 8080, 'default']
  ]
  for (const [sources, port, origin] of cases) {
    const { settings, origins } = loadFrom(sources)
    t.strictSame([settings.port, origins.get('port')], [port, origin], JSON.stringify(sources))
  }
})

await t.test('text is read by the type of the setting', async t => {
  const cases: Array<[string[], (settings: Settings) => unknown, unknown]> = [
    [['--kafka.createTopics'], ({ kafka }) => kafka.createTopics, true],
    [['--kafka.createTopics', '--port=1'], ({ kafka }) => kafka.createTopics, true],
    [['--kafka.createTopics=false'], ({ kafka }) => kafka.createTopics, false],
    [['--kafka.createTopics', 'false'], ({ kafka }) => kafka.createTopics, false],
    [['--kafka.brokers=a:1'], ({ kafka }) => kafka.brokers, ['a:1']],
    [['--kafka.brokers', 'a:1, b.example:65535 ,1.2.3.4:9'], ({ kafka }) => kafka.brokers, ['a:1', 'b.example:65535', '1.2.3.4:9']],
    [['--kafka.brokers='], ({ kafka }) => kafka.brokers, []],
    [['--kafka.clientId', '123'], ({ kafka }) => kafka.clientId, '123'],
    [['--embedded.dir=a=b'], ({ embedded }) => embedded.dir, 'a=b'],
    [['--simulate=0'], ({ simulate }) => simulate, 0],
    [['--host', '::1'], ({ host }) => host, '::1']
  ]
  for (const [argv, pick, value] of cases) t.strictSame(pick(loadFrom({ argv }).settings), value, argv.join(' '))
})

/** What cannot be together with a password. */
const APART = /^kafka\.sasl\.(?:passwordFile|tokenUrl|client.*|scope)$/

/** Of these one alone can be given. */
const KEYS = ['auth.jwt.secretFile', 'auth.jwt.publicKeyFile', 'auth.jwt.jwksUrl']
for (const keys of KEYS) {
  await t.test(`every setting can be given in every source, ${keys} among them`, (t) => everySource(t, all.filter(({ name }) => !APART.test(name) && (name === keys || !KEYS.includes(name)))))
}

async function everySource (t: Test, known: readonly Setting[]): Promise<void> {
  const other: Record<string, unknown> = { 'kafka.createTopics': true, 'kafka.brokers': ['a:1'], 'http.origins': ['https://a.example'], logLevel: 'warn', 'embedded.mode': 'never', 'auth.anonymous': 'always', 'downlink.partitioner': 'any', host: '::', 'ws.multiple': 'newest', 'http.trustedProxies': ['10.0.0.0/8'], 'embedded.dir': 'data', 'tls.minVersion': 'TLSv1.3', 'tls.clientCertificates': 'optional', 'auth.certificate.device': 'cn', 'auth.certificate.fingerprints': ['ab'.repeat(32)], 'auth.jwt.jwksUrl': 'https://a.example/jwks', 'auth.jwt.requireExpiry': false, 'auth.queryToken': true, 'kafka.tls.enabled': true, 'kafka.sasl.mechanism': 'plain', 'auth.http.url': 'https://a.example/who', 'auth.http.when': 'always', 'auth.http.passToken': false, 'auth.http.onFailure': 'cached' }
  const tree = Object.fromEntries(known.map(({ name, leaf }) => [name, other[name] ?? (leaf.type === 'integer' ? leaf.minimum! + 1 : 'text')]))
  tree['topics.uplink'] = 'up'
  tree['topics.positions'] = 'held'
  tree['topics.revocations'] = 'taken'
  const text = (pair: (variable: string, name: string, value: string) => [string, string]) =>
    known.map(({ name, variables }) => pair(variables[0]!, name, String(tree[name])))
  const ways: Array<[Sources, (name: string) => string]> = [
    [{ file: tree }, () => 'sluice.json'],
    [{ env: Object.fromEntries(text((variable, _, value) => [variable, value])) }, (name) => known.find((setting) => setting.name === name)!.variables[0]!],
    [{ argv: text((_, name, value) => [`--${name}`, value]).flat() }, (name) => `--${name}`]
  ]
  const results = ways.map(([sources]) => loadFrom(sources))
  for (const [at, { settings, origins }] of results.entries()) {
    t.strictSame(settings, results[0]!.settings)
    for (const { name } of known) t.equal(origins.get(name), ways[at]![1](name))
  }
}

await t.test('origins that browsers and applications send', async t => {
  const origins = ['https://app.example.com', 'http://localhost:3000', 'https://[::1]:8443', 'capacitor://localhost', 'chrome-extension://abcdef']
  t.strictSame(loadFrom({ env: { SLUICE_HTTP_ORIGINS: origins.join() } }).settings.http.origins, origins)
})

await t.test('nested and dotted names, and a byte order mark', async t => {
  t.equal(loadFrom({ file: { 'kafka.partitions': 3 } }).settings.kafka.partitions, 3)
  t.equal(loadFrom({ file: '\uFEFF{ "kafka": { "partitions": 3 } }' }).settings.kafka.partitions, 3)
})
