import t from 'tap'
import { defaults, describe } from '../../src/config/index.ts'
import { settings as known } from '../../src/config/names.ts'
import { loadFrom } from './given.ts'

await t.test('one line per setting in aligned columns', async t => {
  const { settings, origins } = loadFrom({ file: { embedded: { dir: 'a\u001b[1mb' } }, env: { KAFKA_BROKERS: 'kafka-1:9092,kafka-2:9092' }, argv: ['--port=9000'] })
  const [head, ...lines] = describe(settings, origins).split('\n')
  const [value, from] = [head!.indexOf('value'), head!.indexOf('from')]
  t.strictSame(lines.map((line) => line.split(' ')[0]), known.map(({ name }) => name))
  t.ok(lines.every((line) => line[value - 1] === ' ' && line[value] !== ' ' && line[from - 1] === ' ' && line[from] !== ' '), 'each column begins where its head does')
  const rows = lines.map((line) => line.split(/ {2,}/))
  for (const row of [
    ['host', '127.0.0.1', 'default'],
    ['port', '9000', '--port'],
    ['kafka.brokers', 'kafka-1:9092,kafka-2:9092', 'KAFKA_BROKERS'],
    ['kafka.createTopics', 'false', 'default'],
    ['kafka.replicationFactor', 'none', 'default'],
    ['embedded.dir', 'a\\u{1b}[1mb', 'sluice.json'],
    ['http.origins', 'none', 'default']
  ]) t.strictSame(rows.find(([name]) => name === row[0]), row)
})

await t.test('settings whose origins are not known are called defaults', async t => {
  t.match(describe(defaults(), new Map()), /\nport +8080 +default\n/)
})

await t.test('a secret is not shown', async t => {
  const { settings, origins } = loadFrom({ env: { KAFKA_BROKERS: 'a:1', SLUICE_KAFKA_SASL_MECHANISM: 'plain', SLUICE_KAFKA_SASL_USERNAME: 'u', SLUICE_KAFKA_SASL_PASSWORD: 'hush' } })
  const text = describe(settings, origins)
  t.match(text, /\nkafka\.sasl\.password +\(not shown\) +SLUICE_KAFKA_SASL_PASSWORD\n/)
  t.notMatch(text, /hush/)
  t.match(describe(defaults(), new Map()), /\nkafka\.sasl\.password +none +default\n/)
})
