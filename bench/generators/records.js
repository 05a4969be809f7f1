/** Produces downlink records through the gateway's own writer: at a rate, or as fast as they are taken, so many ahead. */
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { serve } from './serve.js'
import { stampedValue } from './stamp.js'

const TICK_MS = 1
const TURN = 2_000
const PRESSED_MS = 1

let log
let topic
let headers
let homePartition
let produced = 0
let stored = 0
let ended = true
let timer

async function open ({ gateway, brokers, name }) {
  const part = (path) => import(pathToFileURL(join(dirname(gateway), path)))
  const { KafkaLog } = await part('log/kafka/index.js')
  const { HeaderBlock } = await part('wire/header-block.js')
  const { systemClock } = await part('clock.js')
  ;({ homePartition } = await part('wire/murmur2.js'))
  headers = new HeaderBlock()
  log = new KafkaLog({
    brokers: brokers.split(','),
    clientId: 'bench-producer',
    topics: [name],
    connectTimeoutMs: 10_000,
    requestTimeoutMs: 5_000,
    holdBytes: 64 << 20,
    holdMs: 30_000,
    createTopics: false,
    partitions: 6
  }, systemClock)
  await log.open()
  topic = log.topic(name)
}

const waiter = {
  stored (_id, count) { stored += count },
  failed (_id, { code, reason }) { throw new Error(`a record was not stored: ${code}, ${reason}`) }
}

function keysOf ({ name, devices }) {
  return Array.from({ length: devices }, (_, i) => {
    const bytes = Buffer.from(`${name}-${i}`)
    return { bytes, partition: homePartition(bytes, topic.partitions) }
  })
}

function produce ({ bytes, partition }, value = stampedValue()) {
  topic.append(partition, bytes, value, 0, value.length, headers, waiter, ++produced)
}

function pace (perS, produceNth) {
  const began = performance.now()
  let done = 0
  timer = setInterval(() => {
    const due = Math.floor((performance.now() - began) / 1000 * perS)
    for (; done < due; done++) produceNth(done)
  }, TICK_MS)
}

serve({
  open,
  /** One record each to the devices in turn. */
  pace ({ perS, ...who }) {
    const keys = keysOf(who)
    pace(perS, (n) => produce(keys[n % keys.length]))
  },
  /** The same, of so many bytes, and those of each device numbered from 0 on. */
  number ({ perS, bytes, ...who }) {
    const keys = keysOf(who)
    const padding = 'x'.repeat(bytes)
    pace(perS, (n) => produce(keys[n % keys.length], Buffer.from(`{"n":${Math.floor(n / keys.length)},"padding":"${padding}"}`)))
  },
  /** Runs of `burst` records for one device, the devices in turn; at most `ahead` more than `taken` tells. */
  flood ({ burst, ahead, ...who }) {
    const keys = keysOf(who)
    let at = 0
    ended = false
    const turn = () => {
      if (ended) return
      for (let n = 0; n < TURN && produced - taken < ahead && !topic.pressed(keys[at].partition); n += burst) {
        for (let i = 0; i < burst; i++) produce(keys[at])
        at = (at + 1) % keys.length
      }
      timer = setTimeout(turn, PRESSED_MS)
    }
    turn()
  },
  taken ({ count }) { taken = count },
  /** So many records, and then no more. */
  async fill ({ count, ...who }) {
    const keys = keysOf(who)
    while (produced < count) {
      for (let n = 0; n < TURN && produced < count && !topic.pressed(keys[produced % keys.length].partition); n++) produce(keys[produced % keys.length])
      await new Promise((resolve) => setTimeout(resolve, PRESSED_MS))
    }
    await log.flush()
  },
  produced: () => produced,
  async stop () {
    ended = true
    clearTimeout(timer)
    await log.flush()
    return { produced, stored }
  }
})

let taken = 0
