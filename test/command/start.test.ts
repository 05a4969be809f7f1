import { spawnSync } from 'node:child_process'
import { createSecretKey } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openDevice, ProtocolDevice } from '../flow/device.ts'
import { Peer } from '../flow/peer.ts'
import { testBroker } from '../kafka/broker.ts'
import { fileWith, secret, token } from '../access/issuer.ts'
import { Command } from './command.ts'

const freePorts = { PORT: '0', SLUICE_EMBEDDED_PORT: '0' }
const noScript = spawnSync('script', ['--version']).status !== 0 && 'script(1) is not here'

async function connect (address: string, id: string): Promise<ProtocolDevice> {
  return await openDevice(new ProtocolDevice(`ws://${address}/ws/${id}`, ['sluice.v1']))
}

await t.test('it starts without any setting, and says where everything is', async (t) => {
  const command = new Command(t, [], freePorts)
  const address = await command.serves()
  const lines = command.stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as { level: number, msg: string, brokers?: string[] })
  t.match(lines.find(({ msg }) => msg.startsWith('EMBEDDED BROKER')), { level: 40, brokers: [/^127\.0\.0\.1:\d+$/] }, 'a loud line, in JSON as all are')
  t.match((await fetch(`http://${address}/`)).headers.get('content-type'), /^text\/html/)
  const device = await connect(address, 'sensor-1')
  t.match(await device.next(), { type: 'welcome', storage: 'memory' })
  await device.stored(1, 'x')
  const { total } = await (await fetch(`http://${address}/v1/devices`)).json() as { total: number }
  t.ok(total >= 1 && total <= 6, `${total} devices: this one and the simulated`)

  t.match(await command.ends('SIGINT'), { code: 0, signal: null })
  t.match(await device.nextOf('bye'), { code: 4000 })
  t.match(await device.ended, { code: 4000 })
  t.match(command.stdout, /"Stopping: [^]*"Stopped\."/)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  await t.test(`${signal} stops it within two seconds, a second one at once`, async (t) => {
    const command = new Command(t, ['start', '--simulate=0'], freePorts)
    const address = await command.serves()
    const device = await connect(address, 'd')
    const { code, afterMs } = await command.ends(signal)
    t.equal(code, 0)
    t.ok(afterMs < 2_000, `${Math.round(afterMs)} ms`)
    t.match(await device.ended, { code: 4000 })

    const twice = new Command(t, ['--drainMs', '60000'], freePorts)
    await Peer.upgraded(await twice.serves(), '/ws/silent') // says no goodbye, so that the drain waits for it
    twice.child.kill(signal)
    await twice.says(/Stopping/)
    t.match(await twice.ends(signal), { code: 130 })
  })
}

await t.test('on a terminal it speaks sentences, shows the banner, and ends by Ctrl-C', { skip: noScript }, async (t) => {
  const command = new Command(t, ['--simulate', '2'], { ...freePorts, TERM: 'xterm' }, { terminal: true })
  const address = await command.serves()
  await command.says(/Read the uplink[^\n]*\n/)
  t.notMatch(command.stdout, /"level"/, 'no JSON')
  t.match(command.stdout, `Page     http://${address}/`)
  t.match(command.stdout, '2 simulated ones are running')
  t.match(command.stdout, `npx wscat -c ws://${address}/ws/sensor-1`)
  t.match(command.stdout, /kcat -P -b 127\.0\.0\.1:\d+ -t sluice\.downlink -k sensor-1/)
  command.child.stdin.write('\x03')
  t.match(await command.exited, { code: 0 })
  t.match(command.stdout, /Stopped\./)
})

await t.test('on a terminal with a Kafka, an address of IPv6, and no access control, it says that', { skip: noScript }, async (t) => {
  const broker = await testBroker(t)
  const env = { PORT: '0', HOST: '::1', KAFKA_BROKERS: broker.brokers, SLUICE_KAFKA_CREATE_TOPICS: 'true', SLUICE_AUTH_ANONYMOUS: 'always', SLUICE_SIMULATE: '0' }
  const command = new Command(t, [], { ...env, TERM: 'xterm' }, { terminal: true })
  await command.says(/Read the uplink[^\n]*\n/)
  t.match(command.stdout, /serves http:\/\/\[::1\]:\d+\/ with Kafka at/)
  t.match(command.stdout, /anybody who reaches this server may be any device/)
  t.match(command.stdout, new RegExp(`Kafka    ${broker.brokers}\r?\n`))
  t.notMatch(command.stdout, /EMBEDDED/)
  command.child.stdin.write('\x03')
  t.match(await command.exited, { code: 0 })
})

await t.test('where it may let nobody in it says so, and simulates nobody', async (t) => {
  const command = new Command(t, [], { ...freePorts, HOST: '0.0.0.0' })
  t.match(await command.serves(), /^127\.0\.0\.1:/)
  await command.says(/Nobody can connect: this server listens on 0\.0\.0\.0/)
  t.notMatch(command.output, /simulated ones/)
  t.match(await command.ends('SIGTERM'), { code: 0 })
})

await t.test('where callers log in it simulates nobody, and shows no secret', async (t) => {
  const command = new Command(t, [], { ...freePorts, HOST: '0.0.0.0', LOG_LEVEL: 'trace', SLUICE_AUTH_JWT_SECRET_FILE: fileWith(t, secret) })
  const address = await command.serves()
  const jwt = await token(createSecretKey(Buffer.from(secret)), { alg: 'HS256' })
  for (const [authorization, status] of [[`Bearer ${jwt}`, 426], [`Bearer ${jwt}x`, 401]] as const) {
    t.equal((await fetch(`http://${address}/ws`, { headers: { authorization } })).status, status)
  }
  t.match(await command.ends('SIGTERM'), { code: 0 })
  t.match(command.output, /auth\.jwt\.audience is not set/)
  t.notMatch(command.output, /Nobody can connect|simulated ones/)
  for (const hidden of [secret, ...jwt.split('.')]) t.notOk(command.output.includes(hidden))
})

await t.test('it starts and stops while the key set is away', async (t) => {
  const command = new Command(t, [], { ...freePorts, SLUICE_AUTH_JWT_JWKS_URL: 'http://127.0.0.1:1/jwks' })
  await command.serves()
  await command.says(/The key set at 127\.0\.0\.1:1 \(auth\.jwt\.jwksUrl\) cannot be fetched: /)
  t.match(await command.ends('SIGTERM'), { code: 0 })
})

await t.test('with a folder, records outlive the process, killed or not', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-data-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const env = { ...freePorts, SLUICE_EMBEDDED_DIR: dir, SLUICE_SIMULATE: '0' }
  const offsets: unknown[] = []
  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGTERM'] as const) {
    const command = new Command(t, [], env)
    const device = await connect(await command.serves(), 'kept')
    t.match(await device.next(), { storage: 'disk' })
    offsets.push((await device.stored(1, 'x')).offset)
    await command.ends(signal)
  }
  t.same(offsets, [0, 1, 2])
})
