/** `npm run outages`: Kafka goes away, for longer each time, and comes back. Ends with 0 only if nothing was lost, and all flowed again at once. */

import { setTimeout as delay } from 'node:timers/promises'
import { faultyKafka } from '../fault/faulty-kafka.ts'
import { mistakesBesideRepeats, Stubborn } from '../fault/stubborn.ts'
import { gatewayOn } from '../flow/gateway.ts'
import { readAll } from '../flow/kafka.ts'
import { begin } from '../program.ts'
import { writeSection } from '../report.ts'
import { Messages } from './messages.ts'
import { readOptions, usage } from './options.ts'
import { outage, ways, type Outage } from './outage.ts'
import { Probe } from './probe.ts'
import { broken, summary, type Account } from './summary.ts'

const DEVICES = 20
const WINDOW = 4
const LISTENER = 'listener'
const TOPICS = { uplink: 'up', downlink: 'down' }
/** All is well for so long before each outage. */
const WELL_MS = 1_500
const PATIENCE_MS = 10_000

const options = begin(readOptions, usage)
const ends: Array<() => Promise<void>> = []
const owner = { teardown: (fn: () => Promise<void>) => { ends.unshift(fn) } }
const { outages, account } = await run().finally(async () => { for (const end of ends) await end() })
const text = summary(outages, account)
const faults = broken(outages, account)
console.log(`\n${text}\n${faults.map((fault) => `\nBROKEN: ${fault}`).join('')}`)
if (options.report) writeSection('outages', text)
process.exit(faults.length === 0 ? 0 : 1)

async function run (): Promise<{ outages: Outage[], account: Account }> {
  const kafka = await faultyKafka(owner)
  const gateway = await gatewayOn(owner, kafka.brokers, TOPICS)
  const devices = await Promise.all(Array.from({ length: DEVICES }, async (_, n) => new Stubborn(`d${n}`, await gateway.device(`d${n}`), WINDOW)))
  const messages = new Messages(gateway, LISTENER, await gateway.device(LISTENER))
  const probe = new Probe(kafka.brokers)
  await Promise.all([probe.open(), ...devices.map((device) => device.ackAfter(0))])

  const outages: Outage[] = []
  for (const way of ways) {
    for (const seconds of options.seconds) {
      await delay(WELL_MS)
      const one = await outage(way, seconds, { kafka, probe, devices, messages })
      const { taken, firstAck, lastAck, firstDelivery } = one
      outages.push(one)
      console.log(`${way} for ${seconds} s: Kafka takes a record after ${taken.toFixed(0)} ms, first ack ${firstAck.toFixed(0)} ms, last device's ${lastAck.toFixed(0)} ms, first delivery ${firstDelivery.toFixed(0)} ms`)
    }
  }

  await Promise.all([messages.stop(PATIENCE_MS), ...devices.map((device) => device.stop())])
  const records = await readAll(kafka.brokers, TOPICS.uplink)
  const { stored, missing, twice } = messages
  const open = devices.filter(({ device }) => device.socket.readyState === device.socket.OPEN).length + (messages.isClosed ? 0 : 1)
  const account = {
    sockets: DEVICES + 1,
    closed: DEVICES + 1 - open,
    records: records.length,
    mistakes: mistakesBesideRepeats(records, devices),
    messages: stored,
    missing,
    twice
  }
  return { outages, account }
}
