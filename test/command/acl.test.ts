import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { acl, principalOf } from '../../src/commands/acl.ts'
import { ConfigError, defaults } from '../../src/config/index.ts'
import { Command } from './command.ts'

await t.test('the rights that the gateway needs, each with what it is for', async t => {
  const settings = defaults({ kafka: { brokers: ['kafka-1:9092'], sasl: { mechanism: 'plain', username: 'sluice', password: 'p' } } })
  const command = 'kafka-acls --bootstrap-server kafka-1:9092 --add --allow-principal User:sluice --operation'
  t.equal(acl(settings), [
    `# sluice.uplink: what devices send is stored\n${command} Write --topic sluice.uplink`,
    `# sluice.uplink: devices are watched by sockets that may\n${command} Read --topic sluice.uplink`,
    `# sluice.downlink: devices get what is sent to them\n${command} Read --topic sluice.downlink`,
    `# sluice.downlink: the HTTP API sends to devices\n${command} Write --topic sluice.downlink`,
    `# sluice.positions: a start learns how far devices have received\n${command} Read --topic sluice.positions`,
    `# sluice.positions: how far devices have received is kept\n${command} Write --topic sluice.positions`,
    `# sluice.revocations: every instance hears who has lost access\n${command} Read --topic sluice.revocations`,
    `# sluice.revocations: the HTTP API takes access away\n${command} Write --topic sluice.revocations`,
    ...['uplink', 'downlink', 'positions', 'revocations'].map((role) => `# sluice.${role}: the start sees a wrong cleanup.policy, and max.message.bytes\n${command} DescribeConfigs --topic sluice.${role}`)
  ].join('\n'))
  const creating = defaults({ kafka: { createTopics: true }, audit: { topic: 'audit' } })
  t.match(acl(creating, "User:CN=it's,O=a b"), /kafka-acls --bootstrap-server … --add --allow-principal 'User:CN=it'\\''s,O=a b' --operation Create --topic audit$/)
})

await t.test('the principal is given, or follows from the settings', async t => {
  t.strictSame(principalOf(['--port', '1']), { principal: undefined, rest: ['--port', '1'] })
  t.strictSame(principalOf(['--port', '1', '--principal', 'User:a', '--host', 'b']), { principal: 'User:a', rest: ['--port', '1', '--host', 'b'] })
  t.strictSame(principalOf(['--principal=User:CN=a,O=b']), { principal: 'User:CN=a,O=b', rest: [] })
  for (const flags of [['--principal'], ['--principal', 'sluice'], ['--principal='], ['--principal=User:']]) t.throws(() => principalOf(flags), ConfigError)
  const missing = join(t.testdir(), 'missing')
  t.throws(() => acl(defaults({ kafka: { brokers: ['a:1'], sasl: { mechanism: 'plain', username: 'u', passwordFile: missing } } })), /kafka\.sasl\.passwordFile names .*cannot be read/)
})

await t.test('sluice acl', async t => {
  const command = new Command(t, ['acl', '--principal', 'User:me', '--topics.uplink=up', '--kafka.brokers=a:1'])
  t.match(await command.exited, { code: 0 })
  t.match(command.stdout, /^# up: what devices send is stored\nkafka-acls --bootstrap-server a:1 --add --allow-principal User:me --operation Write --topic up\n/)
})

await t.test('a file that is of no use ends the start, and what can be read on its way is warned of', async t => {
  const empty = join(t.testdir(), 'empty')
  writeFileSync(empty, '')
  const common = ['--kafka.brokers=127.0.0.1:1', '--port=0', '--kafka.connectTimeoutMs=1', '--kafka.sasl.mechanism=plain', '--kafka.sasl.username=u']
  const refused = new Command(t, [...common, `--kafka.sasl.passwordFile=${empty}`])
  t.match(await refused.exited, { code: 1 })
  t.match(refused.stdout, /kafka\.sasl\.passwordFile names .*which is empty/)
  const warned = new Command(t, [...common, '--kafka.sasl.password=hush'])
  t.match(await warned.exited, { code: 1 })
  t.match(warned.stdout, /whoever sees the network between this gateway and Kafka can log in as it/)
  t.notMatch(warned.output, /hush/)
})
