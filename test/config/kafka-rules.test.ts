import t from 'tap'
import { loadFrom, mistakesOf } from './given.ts'

const BROKERS = { brokers: ['kafka-1:9093'] }
const file = (kafka: object): readonly string[] => mistakesOf(() => loadFrom({ file: { kafka: { ...BROKERS, ...kafka } } }))
const user = { username: 'u', passwordFile: 'p' }
const client = { tokenUrl: 'https://login.example/token', clientId: 'c', clientSecretFile: 's' }

for (const [what, kafka] of Object.entries({
  'TLS alone': { tls: { enabled: true } },
  'a certificate': { tls: { enabled: true, caFile: 'a', certFile: 'c', keyFile: 'k', serverName: 'kafka' } },
  plain: { sasl: { mechanism: 'plain', username: 'u', password: 'p' } },
  scram: { tls: { enabled: true }, sasl: { mechanism: 'scram-sha-512', ...user } },
  oauthbearer: { sasl: { mechanism: 'oauthbearer', ...client, scope: 'kafka' } },
  'an issuer on this machine': { sasl: { mechanism: 'oauthbearer', ...client, tokenUrl: 'http://127.0.0.1:8080/token' } }
})) await t.test(`${what} is no mistake`, async t => { t.strictSame(file(kafka), []) })

const TOKEN_URL = 'it must be an https: address, or an http: one on loopback'
for (const [what, kafka, ...mistakes] of [
  ['TLS that is off', { tls: { caFile: 'a', serverName: 'k' } },
    'kafka.tls.caFile in sluice.json is given, but kafka.tls.enabled is false', 'kafka.tls.serverName in sluice.json is given, but kafka.tls.enabled is false'],
  ['a certificate without its key', { tls: { enabled: true, certFile: 'c' } }, 'kafka.tls.certFile in sluice.json needs kafka.tls.keyFile'],
  ['a key without its certificate', { tls: { enabled: true, keyFile: 'c' } }, 'kafka.tls.keyFile in sluice.json needs kafka.tls.certFile'],
  ['a user who does not log in', { sasl: user }, 'kafka.sasl.username in sluice.json is given, but kafka.sasl.mechanism is none', 'kafka.sasl.passwordFile in sluice.json is given, but kafka.sasl.mechanism is none'],
  ['a login by nobody', { sasl: { mechanism: 'plain' } }, 'kafka.sasl.mechanism in sluice.json=plain needs kafka.sasl.username', 'kafka.sasl.mechanism in sluice.json=plain needs kafka.sasl.passwordFile'],
  ['two passwords', { sasl: { mechanism: 'plain', ...user, password: 'p' } }, 'kafka.sasl.password in sluice.json and kafka.sasl.passwordFile in sluice.json are both given; choose one of the two'],
  ['a client by password', { sasl: { mechanism: 'plain', ...user, clientId: 'c' } }, 'kafka.sasl.clientId in sluice.json is given, but kafka.sasl.mechanism in sluice.json is plain'],
  ['a client without a secret', { sasl: { mechanism: 'oauthbearer', tokenUrl: client.tokenUrl } },
    'kafka.sasl.mechanism in sluice.json=oauthbearer needs kafka.sasl.clientId', 'kafka.sasl.mechanism in sluice.json=oauthbearer needs kafka.sasl.clientSecretFile'],
  ['a secret in clear', { sasl: { mechanism: 'oauthbearer', ...client, tokenUrl: 'http://login.example/token' } }, `kafka.sasl.tokenUrl in sluice.json is "http://login.example/token"; ${TOKEN_URL}`],
  ['no address', { sasl: { mechanism: 'oauthbearer', ...client, tokenUrl: 'login' } }, `kafka.sasl.tokenUrl in sluice.json is "login"; ${TOKEN_URL}`],
  ['a password that is none', { sasl: { mechanism: 'plain', username: 'u', password: 12345 } }, 'kafka.sasl.password in sluice.json is not shown here; it must be a password'],
  ['TLS on the embedded broker', { brokers: [], tls: { enabled: true } }, 'kafka.tls.enabled in sluice.json is given, but the embedded broker has neither TLS nor logins; set KAFKA_BROKERS (host:port, …)'],
  ['a login on the embedded broker', { brokers: [], sasl: { mechanism: 'plain', ...user } }, 'kafka.sasl.mechanism in sluice.json is given, but the embedded broker has neither TLS nor logins; set KAFKA_BROKERS (host:port, …)']
] as const) await t.test(what, async t => { t.strictSame(file(kafka), mistakes) })
