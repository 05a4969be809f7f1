import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { refusal } from './refusal.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-refusals-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

await t.test('a start that cannot be says in one sentence what to do, and no more', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => { taken.close() })
  const { port } = taken.address() as AddressInfo
  const broker = await testBroker(t)
  const kafka = { KAFKA_BROKERS: broker.brokers }
  const compacted = await broker.createTopic('compacted', { config: { 'cleanup.policy': 'compact' } })
  const [positions, revocations] = await Promise.all(['positions', 'revocations'].map((name) => broker.createTopic(name, { config: { 'cleanup.policy': 'compact' } }))) as [string, string]
  const [uplink, downlink, other] = await Promise.all(['uplink', 'downlink', 'other'].map((name) => broker.createTopic(name))) as [string, string, string]
  const notJson = join(folder, 'broken.json')
  writeFileSync(notJson, '{ "port": 1')

  const cases: Array<[string, string[], Record<string, string>, number, RegExp]> = [
    ['a taken port', [`--port=${port}`], {}, 1, new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is taken\\. Set another with --port`)],
    ['an address of another machine', [], { HOST: '203.0.113.1' }, 1, /^This machine has no address 203\.0\.113\.1\. Set --host/],
    ['no Kafka there', [], { KAFKA_BROKERS: '127.0.0.1:1', SLUICE_KAFKA_CONNECT_TIMEOUT_MS: '300' }, 1, /^No Kafka answers at 127\.0\.0\.1:1: the connection was refused\. Check KAFKA_BROKERS/],
    ['no such topics', [], kafka, 1, /^Kafka has no topic sluice\.uplink, sluice\.downlink, sluice\.positions, sluice\.revocations\. Set kafka\.createTopics, or run: kafka-topics .*--create/],
    ['a compacted downlink', ['--topics.uplink', uplink, '--topics.downlink', compacted, '--topics.positions', positions, '--topics.revocations', revocations], kafka, 1, /is compacted: .* Run: kafka-configs .*cleanup\.policy=delete/],
    ['positions that are not compacted', ['--topics.uplink', uplink, '--topics.downlink', downlink, '--topics.positions', other, '--topics.revocations', revocations], kafka, 1, /has cleanup\.policy=delete: .* Run: kafka-configs .*cleanup\.policy=compact/],
    ['no broker, and none may be embedded', [], { SLUICE_EMBEDDED_MODE: 'never' }, 2, /SLUICE_EMBEDDED_MODE is "never", but no Kafka broker is named; set KAFKA_BROKERS/],
    ['a wrong value', ['--ws.heartbeatMs=30s'], {}, 2, /--ws\.heartbeatMs is "30s"; it must be a whole number from 5000 to 300000/],
    ['an unknown flag', ['--kafka.broker=x:1'], {}, 2, /--kafka\.broker is .*did you mean --kafka\.brokers\?/],
    ['an unknown variable', [], { SLUICE_DRAIN: '1' }, 2, /SLUICE_DRAIN is .*did you mean SLUICE_DRAIN_MS\?/],
    ['a file that is not there', ['--config', join(folder, 'none.json')], {}, 2, /none\.json/],
    ['a file that is no JSON', ['--config', notJson], {}, 2, /broken\.json/],
    ['a secret that is too short', [], { SLUICE_AUTH_JWT_SECRET_FILE: notJson }, 1, /auth\.jwt\.secretFile names ".*broken\.json", which holds a secret of 11 bytes; it must have at least 32/],
    ['an audit log that cannot be', [], { SLUICE_AUDIT_FILE: join(notJson, 'audit') }, 1, /audit\.file names ".*", which cannot be appended to: ENOTDIR/],
    ['a folder that cannot be', [], { SLUICE_EMBEDDED_DIR: join(notJson, 'data') }, 1, /broken\.json/]
  ]
  for (const [name, args, env, exitCode, sentence] of cases) {
    const { code, sentences, output } = await refusal(t, args, env)
    t.equal(code, exitCode, name)
    t.equal(sentences.length, 1, `${name}: one sentence`)
    t.match(sentences[0], sentence, name)
    t.notMatch(output, /^\s+at |node:internal/m, `${name}: no stack trace`)
  }
})
