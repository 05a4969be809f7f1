import { dirname, join } from 'node:path'
import pino from 'pino'
import t from 'tap'
import { makeApiKey } from '../../src/access/api-key.ts'
import { changeKeys } from '../../src/access/keys-file.ts'
import { fileWith } from '../access/issuer.ts'
import { testBroker } from '../kafka/broker.ts'
import { keepLogged } from '../logs/keep.ts'
import { openDevice, ProtocolDevice } from './device.ts'
import { startGateway } from './gateway.ts'

const broker = await testBroker(t)
const file = join(dirname(fileWith(t, '')), 'keys.json')
const made: string[] = []

/** The key. */
async function make (more: object): Promise<string> {
  const { id, key, hash } = makeApiKey()
  await changeKeys(file, (keys) => [...keys, { id, hash: hash.toString('base64url'), roles: ['device'], createdAt: Date.now(), ...more }])
  made.push(key.slice(-43))
  return key
}

const idOf = (key: string): string => key.slice(3, 15)
const sensor = await make({ device: 'sensor-1' })
const service = await make({ roles: ['service'] })
const late = await make({ device: 'sensor-2', expiresAt: Date.now() - 1 })
const lines: string[] = []
const logger = pino({ level: 'trace' }, { write: (line: string) => { keepLogged(line); lines.push(line) } })
const gateway = await startGateway(t, broker, { settings: { auth: { keys: { file } } }, logger })

/** The answer to a plain GET of a device's address, and what it says. */
async function ask (path: string, key: string): Promise<{ status: number, body: { code: string, message: string } }> {
  const answer = await fetch(`${gateway.origin}${path}`, { headers: { authorization: `Bearer ${key}` } })
  return { status: answer.status, body: await answer.json() as { code: string, message: string } }
}

await t.test('a key opens its device\'s socket, by header and beside the subprotocol', async (t) => {
  const one = await openDevice(new ProtocolDevice(`ws://${gateway.host}/ws`, ['sluice.v1'], { authorization: `Bearer ${sensor}` }))
  t.equal((await one.nextOf('welcome')).device, 'sensor-1')
  await one.stored(1, { c: 1 })
  const other = await openDevice(new ProtocolDevice(`ws://${gateway.host}/ws/sensor-1`, ['sluice.v1', `bearer.${sensor}`]))
  t.equal(other.socket.protocol, 'sluice.v1')
  await other.nextOf('welcome')
  t.match(await ask('/ws/sensor-2', sensor), { status: 403, body: { code: 'forbidden' } })
  t.match(await ask('/v1/devices', service), { status: 200 })
  t.match(await ask('/v1/devices', sensor), { status: 403 })
  await Promise.all([one.close(), other.close()])
})

await t.test('a key that is expired, unknown, or has another secret', async (t) => {
  t.match(await ask('/ws/sensor-2', late), { status: 401, body: { code: 'bad-credentials', message: 'Your API key has expired.' } })
  const unknown = await ask('/ws/sensor-1', makeApiKey().key)
  t.match(unknown, { status: 401, body: { code: 'bad-credentials' } })
  t.strictSame(await ask('/ws/sensor-1', `sk_${idOf(sensor)}_${service.slice(-43)}`), unknown, 'heard alike')
})

await t.test('a key that is made, and one that is revoked, while it runs', async (t) => {
  const fresh = await make({ device: 'sensor-3' })
  while ((await ask('/ws/sensor-3', fresh)).status !== 426);
  await changeKeys(file, (keys) => keys.filter(({ id }) => id !== idOf(fresh)))
  const from = performance.now()
  while ((await ask('/ws/sensor-3', fresh)).status !== 401);
  t.ok(performance.now() - from < 5_000)
  t.equal((await ask('/ws/sensor-1', sensor)).status, 426)
})

await t.test('no log line shows a secret', async (t) => {
  t.ok(lines.length > 0)
  for (const secret of made) t.notMatch(lines.join(''), secret)
})
