import t from 'tap'
import { ConfigError, load } from '../../src/config/index.ts'
import { settings as known } from '../../src/config/names.ts'
import { loadFrom, mistakesOf } from './given.ts'
import type { Sources } from './given.ts'

const PORT = 'a whole number from 0 to 65535'
const BROKERS = 'list of host:port addresses, such as kafka-1:9092'
const ORIGINS = 'a comma-separated list of exact origins, such as https://app.example.com (no path, no default port)'
const TOPIC = 'a topic name of up to 249 letters, digits, dots, underscores and hyphens'
const LEVELS = 'trace, debug, info, warn, error, fatal or silent'
const long = 'x'.repeat(200)

const cases: Record<string, Array<[Sources, ...string[]]>> = {
  'values in the environment': [
    ...['65536', '-1', '-0', '1.5', '08', '0x10', '1e3', ' 1', 'eighty', '9'.repeat(30)].map<[Sources, string]>((text) =>
      [{ env: { SLUICE_PORT: text } }, `SLUICE_PORT is ${/^-?[1-9]\d*$/.test(text) ? Number(text) : `"${text}"`}; it must be ${PORT}`]),
    [{ env: { PORT: 'tcp://1.2.3.4:80' } }, `PORT is "tcp://1.2.3.4:80"; it must be ${PORT}`],
    [{ env: { LOG_LEVEL: 'INFO' } }, `LOG_LEVEL is "INFO"; it must be ${LEVELS}`],
    [{ env: { HOST: 'http://x' } }, 'HOST is "http://x"; it must be a host name or an IP address'],
    [{ env: { SLUICE_KAFKA_CREATE_TOPICS: 'yes' } }, 'SLUICE_KAFKA_CREATE_TOPICS is "yes"; it must be true or false'],
    ...['kafka', 'a:0', 'a:65536', ':1', 'http://a:1', 'a:1/x', '[::1]:9092', 'a:01'].map<[Sources, string]>((text) =>
      [{ env: { KAFKA_BROKERS: text } }, `KAFKA_BROKERS holds "${text}"; it must be a comma-separated ${BROKERS}`]),
    ...['a', '1.2.3', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/08', '10.0.0.0/8/8', '::/129', 'fe80::1%eth0', 'loopback'].map<[Sources, string]>((text) =>
      [{ env: { SLUICE_HTTP_TRUSTED_PROXIES: text } }, `SLUICE_HTTP_TRUSTED_PROXIES holds "${text}"; it must be a comma-separated list of IP addresses and networks, such as 10.0.0.7 or 10.0.0.0/8`]),
    [{ env: { KAFKA_BROKERS: 'a:1,b,c:3,,' } }, `KAFKA_BROKERS holds "b", "", ""; it must be a comma-separated ${BROKERS}`],
    ...['https://a.example/', 'https://a.example:443', 'HTTPS://a.example', 'https://A.example', 'https://*.a.example', 'https://u@a', 'https://', 'a.example', 'null', '*', 'file://'].map<[Sources, string]>((text) =>
      [{ env: { SLUICE_HTTP_ORIGINS: text } }, `SLUICE_HTTP_ORIGINS holds "${text}"; it must be ${ORIGINS}`]),
    ...['a/b', '.', '..', 'ü', 'x'.repeat(250)].map<[Sources, string]>((text) =>
      [{ env: { SLUICE_TOPICS_UPLINK: text } }, `SLUICE_TOPICS_UPLINK is "${text.length > 60 ? `${text.slice(0, 60)}…` : text}"; it must be ${TOPIC}`])
  ],
  'names in the environment': [
    [{ env: { SLUICE_KAFKA_BROKER: 'a:1' } }, 'SLUICE_KAFKA_BROKER is not a variable of Sluice; did you mean SLUICE_KAFKA_BROKERS?'],
    [{ env: { SLUICE_KAFKA_CREATETOPICS: '' } }, 'SLUICE_KAFKA_CREATETOPICS is not a variable of Sluice; did you mean SLUICE_KAFKA_CREATE_TOPICS?'],
    [{ env: { SLUICE_ENTIRELY_ELSE: '1', OTHER: '1', SLUICE_UNSET: undefined } }, 'SLUICE_ENTIRELY_ELSE is not a variable of Sluice'],
    [{ env: { SLUICE_PORTS: 'tcp://1.2.3.4:80' } }, 'SLUICE_PORTS is not a variable of Sluice; did you mean SLUICE_PORT?']
  ],
  'values in the file': [
    [{ file: { port: '8080' } }, `port in sluice.json is "8080"; it must be ${PORT}`],
    [{ file: { port: null } }, `port in sluice.json is null; it must be ${PORT}`],
    [{ file: { port: { a: { b: 1 } } } }, `port in sluice.json is { a: { b: 1 } }; it must be ${PORT}`],
    [{ file: { port: [1] } }, `port in sluice.json is [ 1 ]; it must be ${PORT}`],
    [{ file: { kafka: { brokers: 'a:1' } } }, `kafka.brokers in sluice.json is "a:1"; it must be an array of ${BROKERS.slice(8)}`],
    [{ file: { kafka: { brokers: ['a:1', 2, 'b'] } } }, `kafka.brokers in sluice.json holds 2, "b"; it must be an array of ${BROKERS.slice(8)}`],
    [{ file: { kafka: { createTopics: 'true' } } }, 'kafka.createTopics in sluice.json is "true"; it must be true or false'],
    [{ file: { kafka: 'a:1' } }, 'kafka in sluice.json is "a:1"; it must be an object that holds settings'],
    [{ file: [] }, 'the root in sluice.json is []; it must be an object that holds settings'],
    [{ file: 'null' }, 'the root in sluice.json is null; it must be an object that holds settings'],
    [{ file: { ws: { heartbeatMs: 4999 } } }, 'ws.heartbeatMs in sluice.json is 4999; it must be a whole number from 5000 to 300000']
  ],
  'names in the file': [
    [{ file: { kafak: {} } }, 'kafak in sluice.json is not a setting; did you mean kafka?'],
    [{ file: { kafka: { broker: [] } } }, 'kafka.broker in sluice.json is not a setting; did you mean kafka.brokers?'],
    [{ file: { heartbeatMs: 1 } }, 'heartbeatMs in sluice.json is not a setting; did you mean ws.heartbeatMs?'],
    [{ file: '{ "__proto__": {}, "": {}, "constructor": 1 }' }, '__proto__ in sluice.json is not a setting', '"" in sluice.json is not a setting', 'constructor in sluice.json is not a setting'],
    [{ file: { '\u001b[2J\u202e': 1 } }, '\\u{1b}[2J\\u{202e} in sluice.json is not a setting'],
    [{ file: { [long]: 1 } }, `${long.slice(0, 60)}… in sluice.json is not a setting`]
  ],
  flags: [
    [{ argv: ['--port'] }, `--port needs a value: ${PORT}`],
    [{ argv: ['--port', '--host', 'x'] }, `--port needs a value: ${PORT}`],
    [{ argv: ['--port='] }, `--port is ""; it must be ${PORT}`],
    [{ argv: ['--port', '-1'] }, `--port is -1; it must be ${PORT}`],
    [{ argv: ['--port=a', '--port=1'] }, `--port is "a"; it must be ${PORT}`],
    [{ argv: ['--embedded.dir='] }, '--embedded.dir is ""; it must be the path of a folder'],
    [{ argv: ['--kafka.createTopics='] }, '--kafka.createTopics is ""; it must be true or false'],
    [{ argv: ['--kafka.createTopics', '1'] }, '"1" is not a flag; flags are written --name value or --name=value'],
    [{ argv: ['--prot', '9000'] }, '--prot is not a flag of Sluice; did you mean --port?'],
    [{ argv: ['--brokers=a:1'] }, '--brokers is not a flag of Sluice; did you mean --kafka.brokers?'],
    [{ argv: ['--KAFKA.CREATE-TOPICS'] }, '--KAFKA.CREATE-TOPICS is not a flag of Sluice; did you mean --kafka.createTopics?'],
    [{ argv: ['--confg=x'] }, '--confg is not a flag of Sluice; did you mean --config?'],
    [{ argv: ['--zzzzzz', '--kafka'] }, '--zzzzzz is not a flag of Sluice', '--kafka is not a flag of Sluice'],
    [{ argv: ['-p', '--', '--=1', 'start'] }, ...['-p', '--', '--=1', 'start'].map((text) => `"${text}" is not a flag; flags are written --name value or --name=value`)],
    [{ argv: ['--config'] }, '--config needs a value: the path of a JSON file'],
    [{ argv: ['--config='] }, '--config needs a value: the path of a JSON file'],
    [{ argv: ['--host', 'a\n"b"\u009b' + long] }, `--host is "a\\u{a}\\"b\\"\\u{9b}${long.slice(0, 54)}…"; it must be a host name or an IP address`]
  ],
  'rules across settings': [
    [{ env: { SLUICE_EMBEDDED_MODE: 'never' } }, 'SLUICE_EMBEDDED_MODE is "never", but no Kafka broker is named; set KAFKA_BROKERS (host:port, …)'],
    [{ env: { KAFKA_BROKERS: 'a:1,b:2' }, argv: ['--embedded.mode', 'always'] }, '--embedded.mode is "always", but KAFKA_BROKERS names "a:1,b:2"; choose one of the two'],
    [{ file: { topics: { uplink: 'a' } }, argv: ['--topics.downlink=a'] }, 'topics.uplink in sluice.json and --topics.downlink are both "a"; they must be two topics'],
    [{ argv: ['--topics.uplink=sluice_downlink'] }, '--topics.uplink and topics.downlink are "sluice_downlink" and "sluice.downlink"; Kafka takes "." and "_" for the same in topic names'],
    [{ argv: ['--auth.jwt.secretFile=a', '--auth.jwt.jwksUrl=https://a.example/'] }, '--auth.jwt.secretFile and --auth.jwt.jwksUrl are set; choose one of them'],
    [{ argv: ['--auth.jwt.secretFile=a', '--auth.jwt.publicKeyFile=b'], env: { SLUICE_AUTH_JWT_JWKS_URL: 'https://a.example/' } }, '--auth.jwt.secretFile, --auth.jwt.publicKeyFile and SLUICE_AUTH_JWT_JWKS_URL are set; choose one of them'],
    [{ argv: ['--auth.jwt.issuer=a'] }, '--auth.jwt.issuer is set, but nothing says where the keys are; set auth.jwt.secretFile, auth.jwt.publicKeyFile or auth.jwt.jwksUrl'],
    [{ argv: ['--auth.jwt.audience=a'] }, '--auth.jwt.audience is set, but nothing says where the keys are; set auth.jwt.secretFile, auth.jwt.publicKeyFile or auth.jwt.jwksUrl'],
    [{ argv: ['--auth.http.secretFile=a'] }, '--auth.http.secretFile is set, but nothing says who is shown it; set auth.http.url']
  ],
  'key sets that anybody could have sent, or whose address holds a password, which is not shown': [
    'jwks', 'http://id.example/jwks', 'file:///jwks', 'https://me@id.example/jwks', 'https://me:secret@id.example/jwks', 'https://:secret@id.example/jwks'
  ].map((url) => [
    { argv: [`--auth.jwt.jwksUrl=${url}`] }, `--auth.jwt.jwksUrl is "${url.replace(/\w*:secret/, '…')}"; it must be an https address without user or password; http on loopback only`
  ]),
  'TLS that is half set': [
    [{ argv: ['--tls.certFile=a'] }, '--tls.certFile is set, but tls.keyFile is not'],
    [{ env: { SLUICE_TLS_KEY_FILE: 'a' } }, 'SLUICE_TLS_KEY_FILE is set, but tls.certFile is not'],
    [{ argv: ['--tls.passphraseFile=a'] }, '--tls.passphraseFile is set, but tls.keyFile is not'],
    [{ argv: ['--tls.clientCaFile=a', '--tls.clientCertificates=required'] }, '--tls.clientCaFile is set, but tls.certFile is not'],
    [{ argv: ['--tls.certFile=a', '--tls.keyFile=b', '--tls.clientCertificates=optional'] }, '--tls.clientCertificates is "optional", but nothing says who signs them; set tls.clientCaFile'],
    [{ argv: ['--tls.certFile=a', '--tls.keyFile=b', '--tls.clientCaFile=c'] }, '--tls.clientCaFile is set, but tls.clientCertificates is "none"; set it to "optional" or "required"']
  ],
  'lists that nobody would ask': [
    [{ argv: [`--auth.certificate.fingerprints=${'ab'.repeat(32)}`] }, '--auth.certificate.fingerprints is set, but auth.certificate.device is not, so that certificates log nobody in'],
    [{ argv: ['--auth.certificate.fingerprintsFile=a'] }, '--auth.certificate.fingerprintsFile is set, but auth.certificate.device is not, so that certificates log nobody in'],
    [{ argv: ['--auth.certificate.device=cn', '--auth.certificate.fingerprints=ab,cd'] }, '--auth.certificate.fingerprints holds "ab", "cd"; it must be a comma-separated list of SHA-256 fingerprints in hex, such as openssl x509 -fingerprint -sha256 prints']
  ],
  'where the device stands in a certificate': ['dn', 'cn:', 'cn:x', 'san', 'san:dns:{device}{device}', 'san:uri:{id}', 'CN', 'san:email:{device}', ''].map((device) => [
    { file: { auth: { certificate: { device } } } }, `auth.certificate.device in sluice.json is "${device}"; it must be cn, san:dns or san:uri, or one of them with a template that has {device} in it once, such as san:uri:urn:device:{device}`
  ]),
  'a rule is silent about a setting that is wrong by itself, or that a broken file may hold': [
    [{ env: { SLUICE_EMBEDDED_MODE: 'never', KAFKA_BROKERS: 'a' } }, `KAFKA_BROKERS holds "a"; it must be a comma-separated ${BROKERS}`],
    [{ env: { SLUICE_EMBEDDED_MODE: 'never' }, file: '{' }, 'sluice.json is not JSON at line 1, column 2: the file ends too early']
  ],
  'everything at once, in the order of the sources': [
    [
      { file: { port: 'a', drainMS: 1 }, env: { SLUICE_PROT: '1', PORT: 'b' }, argv: ['--port=c', '--topics.uplink=sluice.downlink'] },
      'drainMS in sluice.json is not a setting; did you mean drainMs?',
      `port in sluice.json is "a"; it must be ${PORT}`,
      'SLUICE_PROT is not a variable of Sluice; did you mean SLUICE_PORT?',
      `PORT is "b"; it must be ${PORT}`,
      `--port is "c"; it must be ${PORT}`,
      '--topics.uplink and topics.downlink are both "sluice.downlink"; they must be two topics'
    ]
  ]
}

for (const [kind, rows] of Object.entries(cases)) {
  await t.test(kind, async t => {
    for (const [sources, ...mistakes] of rows) t.strictSame(mistakesOf(() => loadFrom(sources)), mistakes, JSON.stringify(sources).slice(0, 100))
  })
}

await t.test('a file that cannot be read', async t => {
  const reading = (thrown: unknown) => mistakesOf(() => load({ argv: ['--config', 'no.json'], env: {}, readFile: () => { throw thrown } }))
  const enoent = new Error("ENOENT: no such file or directory, open 'no.json'")
  t.strictSame(reading(enoent), ['--config names "no.json", which cannot be read: ENOENT: no such file or directory'])
  t.strictSame(reading(new Error('EISDIR: illegal operation on a directory, read')), ['--config names "no.json", which cannot be read: EISDIR: illegal operation on a directory'])
  t.strictSame(reading('no disk'), ['--config names "no.json", which cannot be read: no disk'])
})

await t.test('what Kubernetes says about Services is passed over', async t => {
  const names = [
    'SLUICE_SERVICE_HOST', 'SLUICE_SERVICE_PORT', 'SLUICE_SERVICE_PORT_HTTP', 'SLUICE_PORT_8080_TCP', 'SLUICE_PORT_8080_TCP_PROTO',
    'SLUICE_PORT_8080_TCP_PORT', 'SLUICE_PORT_8080_TCP_ADDR', 'SLUICE_PORT_53_UDP', 'SLUICE_KAFKA_SERVICE_HOST', 'SLUICE_KAFKA_PORT_9092_TCP_ADDR'
  ]
  const env = { ...Object.fromEntries(names.map((name) => [name, 'any'])), SLUICE_PORT: 'tcp://10.0.0.1:8080', SLUICE_KAFKA_PORT: 'tcp://10.0.0.1:9092', SLUICE_EMBEDDED_PORT: 'udp://10.0.0.1:1' }
  t.strictSame(loadFrom({ env }), loadFrom({}))
  for (const { name, variables } of known) {
    const variable = variables[0]!
    const seen = () => t.equal(loadFrom({ env: { [variable]: ',' } }).origins.get(name), variable)
    t.match(mistakesOf(seen).join() || variable, variable, `no Service hides ${variable}`)
  }
})

await t.test('the error carries the mistakes and shows them', async t => {
  const one = t.throws(() => loadFrom({ argv: ['x'] }), ConfigError) as ConfigError
  t.equal(one.message, `The configuration has a mistake: ${one.mistakes[0]}`)
  t.equal(one.name, 'ConfigError')
  const two = t.throws(() => loadFrom({ argv: ['x', 'y'] }), ConfigError) as ConfigError
  t.equal(two.message, `The configuration has 2 mistakes:\n- ${two.mistakes[0]}\n- ${two.mistakes[1]}`)
})
