/**
 * `npm run attacks`: one hostile device at a time, each beside twenty that behave, on a gateway with the settings as they are, a login,
 * and a Kafka; and the same once more with the attack on another instance, which costs the machine as much and shares nothing else. Ends with 0 only if the others lost nothing, and a stolen token was out within a second of its revocation.
 */

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SignJWT } from 'jose'
import { faultyKafka } from '../fault/faulty-kafka.ts'
import { ProtocolDevice } from '../flow/device.ts'
import { readAll, write } from '../flow/kafka.ts'
import { begin } from '../program.ts'
import { circumstances, table, writeSection } from '../report.ts'
import { attackBy, end } from './attack.ts'
import { Neighbours, type Delays } from './neighbours.ts'
import { readOptions, usage } from './options.ts'

const NEIGHBOURS = 20
const PER_S = 20
const OLD_RECORDS = 200_000
const REVOKED_WITHIN_MS = 1_000
const TOPICS = { uplink: 'up', downlink: 'down' }
/** What an attacker left behind is gone by then. */
const TIDY_MS = 1_000
const STOLEN = 'the messages of an operator'
const ATTACKS = [
  'one-byte frames', 'maximal frames', 'frames that look compressed', 'pings', 'fragments without end', 'frames byte by byte', 'connect and disconnect', 'failed logins',
  '10,000 half requests', 'requests', 'all records from the beginning, again and again', 'a watcher of all who reads nothing', STOLEN
]

/** What the neighbours waited for: without an attack, with one on another instance, and with one on their own. */
interface Row { readonly attack: string, readonly alone: Delays[], readonly beside: Delays[], readonly under: Delays[] }

const options = begin(readOptions, usage)
const ends: Array<() => Promise<void> | void> = []
const owner = { teardown: (fn: () => Promise<void>) => { ends.unshift(fn) } }
const { rows, faults } = await run().finally(async () => { for (const end of ends) await end() })
const text = [table(['Attack', 'p50, alone', 'beside it', 'under it', 'p99, alone', 'beside it', 'under it', 'ratio'], rows.map(cells)), circumstances()].join('\n\n')
console.log(`\n${text}\n${faults.map((fault) => `\nBROKEN: ${fault}`).join('')}`)
if (options.report) writeSection('attacks', text, 'security.md')
process.exit(faults.length === 0 ? 0 : 1)

async function run (): Promise<{ rows: Row[], faults: string[] }> {
  const { brokers } = await faultyKafka(owner)
  const folder = mkdtempSync(join(tmpdir(), 'sluice-attacks-'))
  ends.push(() => rmSync(folder, { recursive: true }))
  const secret = randomBytes(32)
  const signed = (claims: object): Promise<string> => new SignJWT({ ...claims }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h').sign(secret)
  writeFileSync(join(folder, 'secret'), secret)
  const host = await startGateway(brokers, join(folder, 'secret'))
  const other = await startGateway(brokers, join(folder, 'secret'))
  for (let n = 0; n < OLD_RECORDS; n += 10_000) await write(brokers, TOPICS.downlink, Array.from({ length: 10_000 }, (_, i) => ({ key: `old-${i}`, value: `{"n":${n + i}}` })))

  const opened = await Promise.all(Array.from({ length: NEIGHBOURS }, async (_, n) => {
    const device = new ProtocolDevice(`ws://${host}/ws/neighbour-${n}`, ['sluice.v1'], { authorization: `Bearer ${await signed({ sub: `neighbour-${n}` })}` })
    device.welcome = await device.next()
    return device
  }))
  const neighbours = new Neighbours(opened)
  const times = Math.ceil(options.seconds * PER_S)
  await neighbours.send(times) // to grow warm
  const faults: string[] = []
  const rows: Row[] = ATTACKS.map((attack) => ({ attack, alone: [], beside: [], under: [] }))
  for (let round = 0; round < options.rounds; round++) {
    for (const { attack, alone, beside, under } of rows) {
      alone.push(await neighbours.send(times))
      const id = `stolen-${round}`
      const token = (jti?: string): Promise<string> => signed(attack === STOLEN ? { sub: 'olga', roles: ['operator'], jti } : { sub: 'attacker', watch: ['*'] })
      const elsewhere = await attackBy(other, attack, { token: await token(), from: addressOf(attack) })
      beside.push(await neighbours.send(times))
      await end(elsewhere)
      await delay(TIDY_MS)
      const attacker = await attackBy(host, attack, { token: await token(id), from: addressOf(attack) })
      const refused = once(attacker, 'message').then(() => performance.now())
      const sending = neighbours.send(times)
      if (attack === STOLEN) {
        await delay(options.seconds * 500)
        const from = await revoke(host, await signed({ sub: 'oskar', roles: ['operator'] }), id)
        const tookMs = (await refused) - from
        console.log(`A stolen token is refused ${tookMs.toFixed(0)} ms after the answer to its revocation.`)
        if (tookMs > REVOKED_WITHIN_MS) faults.push(`a stolen token was in force for ${tookMs.toFixed(0)} ms more`)
      }
      under.push(await sending)
      if (attacker.exitCode !== null) faults.push(`the attacker ended by itself: ${attack}`)
      if (!neighbours.areHere) faults.push(`neighbours were closed by ${attack}`)
      await end(attacker)
      const [last, next, first] = [under, beside, alone].map((delays) => delays.at(-1)) as [Delays, Delays, Delays]
      console.log(`${attack}: p50 ${last.p50} ms, p99 ${last.p99} ms; on another instance ${next.p50} and ${next.p99} ms; alone ${first.p50} and ${first.p99} ms`)
      await delay(TIDY_MS)
    }
  }
  const sent = (3 * ATTACKS.length * options.rounds + 1) * times * NEIGHBOURS
  const stored = (await readAll(brokers, TOPICS.uplink)).filter(({ key }) => String(key).startsWith('neighbour-')).length
  if (stored !== sent) faults.push(`${sent} frames of neighbours were acked, and ${stored} are stored`)
  return { rows, faults }
}

async function startGateway (brokers: string, secretFile: string): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', '..', 'dist', 'main.js')], {
    env: {
      PATH: process.env.PATH ?? '',
      PORT: '0',
      KAFKA_BROKERS: brokers,
      SLUICE_TOPICS_UPLINK: TOPICS.uplink,
      SLUICE_TOPICS_DOWNLINK: TOPICS.downlink,
      SLUICE_KAFKA_CREATE_TOPICS: 'true',
      SLUICE_AUTH_JWT_SECRET_FILE: secretFile
    }
  })
  ends.unshift(() => { child.kill('SIGKILL') })
  let said = ''
  for await (const chunk of child.stdout) {
    said += String(chunk)
    const found = /https?:\/\/([\w.]+:\d+)/.exec(said)
    if (found !== null) {
      child.stdout.resume()
      child.stderr.resume()
      return found[1] as string
    }
  }
  throw new Error(`the gateway ended:\n${said}`)
}

/** Each comes from an address of its own: what one is held for is not held against the next. */
function addressOf (attack: string): string { return `127.0.1.${ATTACKS.indexOf(attack) + 1}` }

/** Resolves to the time of the answer. */
async function revoke (host: string, operator: string, token: string): Promise<number> {
  const { status } = await fetch(`http://${host}/v1/revocations`, { method: 'POST', headers: { authorization: `Bearer ${operator}`, 'content-type': 'application/json' }, body: JSON.stringify({ token }) })
  if (status !== 201) throw new Error(`the revocation was answered with ${status}`)
  return performance.now()
}

function cells ({ attack, ...windows }: Row): Array<string | number> {
  const all = [windows.alone, windows.beside, windows.under]
  const p50 = all.map((delays) => median(delays.map(({ p50 }) => p50)))
  const p99 = all.map((delays) => median(delays.map(({ p99 }) => p99))) as [number, number, number]
  return [attack, ...p50, ...p99, (p99[2] / p99[1]).toFixed(2)]
}

function median (values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number
}
