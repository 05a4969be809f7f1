import t from 'tap'
import { defaults, usesEmbedded } from '../../src/config/index.ts'
import type { DeepPartial, Settings } from '../../src/config/index.ts'
import { mistakesOf } from './given.ts'

const MIB = 1024 * 1024

await t.test('the defaults', async t => {
  t.strictSame(defaults(), {
    host: '127.0.0.1',
    port: 8080,
    logLevel: 'info',
    kafka: { brokers: [], clientId: 'sluice', createTopics: true, partitions: 6, connectTimeoutMs: 10_000, requestTimeoutMs: 5_000, tls: { enabled: false }, sasl: { mechanism: 'none' } },
    embedded: { mode: 'auto', port: 19_092 },
    topics: { uplink: 'sluice.uplink', downlink: 'sluice.downlink', positions: 'sluice.positions', revocations: 'sluice.revocations' },
    ws: { heartbeatMs: 30_000, maxFrameBytes: 65_536, outboxBytes: MIB, maxSockets: 18_000, maxSocketsPerDevice: 100, maxSocketsPerAddress: 0, multiple: 'all' },
    uplink: { inFlight: 256, holdBytes: 64 * MIB, holdMs: 30_000 },
    downlink: { partitioner: 'murmur2' },
    history: { bytes: 64 * MIB },
    positions: { max: 1_000_000, maxPerDevice: 100, retentionMs: 30 * 86_400_000 },
    revocations: { max: 100_000 },
    quotas: { framesPerSecond: 20_000, bytesPerSecond: 32 * MIB, burstMs: 1_000 },
    drainMs: 20_000,
    simulate: 5,
    tls: { minVersion: 'TLSv1.2', clientCertificates: 'none' },
    auth: {
      certificate: { role: 'device', fingerprints: [] },
      anonymous: 'loopback',
      queryToken: false,
      keys: {},
      tickets: {},
      jwt: { clockToleranceMs: 5_000, requireExpiry: true, jwksRefreshMs: 600_000, jwksMaxAgeMs: 86_400_000, jwksTimeoutMs: 5_000 },
      claims: { device: 'sub', roles: 'roles', groups: 'groups', events: 'events', watch: 'watch', quota: 'quota' },
      http: { when: 'unknown', passToken: true, timeoutMs: 2_000, cacheMs: 60_000, onFailure: 'refuse' },
      timeoutMs: 10_000,
      maxPending: 5_000,
      maxPendingPerAddress: 2_000,
      maxFailures: 20,
      maxFailureWaitMs: 60_000
    },
    audit: {},
    http: { origins: [], trustedProxies: [], requestsPerSecond: 1_000, requestBurst: 20_000, maxIdle: 1_500, maxIdlePerAddress: 1_000 }
  })
})

await t.test('overrides', async t => {
  const brokers = ['a:1', 'b:2']
  const settings = defaults({ port: 0, kafka: { brokers, replicationFactor: 3 }, embedded: { dir: '/data' } })
  t.equal(settings.port, 0)
  t.strictSame(settings.kafka.brokers, brokers)
  t.equal(settings.kafka.replicationFactor, 3)
  t.equal(settings.kafka.partitions, 6)
  t.equal(settings.embedded.dir, '/data')
  const loose = { port: undefined, ws: { maxSockets: undefined } } as unknown as DeepPartial<Settings>
  t.strictSame(defaults(loose), defaults(), 'undefined is not given')
})

await t.test('settings are frozen throughout, and share nothing with what was given', async t => {
  const brokers = ['a:1']
  const settings = defaults({ kafka: { brokers } })
  brokers.push('b:2')
  t.strictSame(settings.kafka.brokers, ['a:1'])
  t.ok([settings, settings.kafka, settings.kafka.brokers, settings.http.origins].every(Object.isFrozen))
  t.notOk(Object.isFrozen(brokers))
})

await t.test('some defaults depend on the embedded broker', async t => {
  const brokers = ['a:1']
  const cases: Array<[DeepPartial<Settings>, boolean, boolean, number]> = [
    [{}, true, true, 5],
    [{ embedded: { mode: 'always' } }, true, true, 5],
    [{ kafka: { brokers } }, false, false, 0],
    [{ kafka: { brokers }, embedded: { mode: 'never' } }, false, false, 0],
    [{ kafka: { createTopics: false }, simulate: 0 }, true, false, 0],
    [{ kafka: { brokers, createTopics: true }, simulate: 7 }, false, true, 7]
  ]
  for (const [overrides, embedded, createTopics, simulate] of cases) {
    const settings = defaults(overrides)
    t.strictSame([usesEmbedded(settings), settings.kafka.createTopics, settings.simulate], [embedded, createTopics, simulate], JSON.stringify(overrides))
  }
})

await t.test('mistakes of a program', async t => {
  const cases: Array<[unknown, string]> = [
    [{ port: '8080' }, 'port is "8080"; it must be a whole number from 0 to 65535'],
    [{ port: NaN }, 'port is NaN; it must be a whole number from 0 to 65535'],
    [{ port: 10n }, 'port is 10n; it must be a whole number from 0 to 65535'],
    [{ prt: 1 }, 'prt is not a setting; did you mean port?'],
    [{ kafka: [] }, 'kafka is []; it must be an object that holds settings'],
    [null, 'the root is null; it must be an object that holds settings'],
    [{ embedded: { mode: 'never' } }, 'embedded.mode is "never", but no Kafka broker is named; set KAFKA_BROKERS (host:port, …)']
  ]
  for (const [overrides, mistake] of cases) {
    t.strictSame(mistakesOf(() => defaults(overrides as DeepPartial<Settings>)), [mistake])
  }
})
