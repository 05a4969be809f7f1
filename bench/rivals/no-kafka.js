/** The gateway with nothing behind it: its own sockets and sessions on a log that acknowledges at once. What is left of the cost is Kafka's. */
import Fastify from 'fastify'
import { pathToFileURL } from 'node:url'
import { dirname, join } from 'node:path'

const [main, ...argv] = process.argv.slice(2)
const part = (path) => import(pathToFileURL(join(dirname(main), path)))
const { createAccess } = await part('access/create.js')
const { Quotas } = await part('limits/quotas.js')
const { load } = await part('config/index.js')
const { Gateway } = await part('gateway.js')
const { serveHttp } = await part('http/http.js')
const { createMetrics } = await part('http/metrics.js')
const { systemClock } = await part('clock.js')

const PARTITIONS = 6

/** Acknowledges at the end of the turn, in runs of one waiter as a batch does. */
class InstantTopic {
  partitions = PARTITIONS
  #runs = []

  pressed () { return false }

  append (partition, _key, _source, _from, _to, _headers, waiter, id) {
    const last = this.#runs.at(-1)
    if (last?.waiter === waiter) {
      last.id = id
      last.count += 1
    } else if (this.#runs.push({ waiter, id, partition, count: 1 }) === 1) setImmediate(() => this.#answer())
    return true
  }

  #answer () {
    const runs = this.#runs
    this.#runs = []
    for (const { waiter, id, count, partition } of runs) waiter.stored(id, count, partition, id)
  }
}

const topic = new InstantTopic()
const log = {
  cluster: 'none',
  open: async () => {},
  topic: () => topic,
  starts: async () => new Array(PARTITIONS).fill(0),
  ends: async () => new Array(PARTITIONS).fill(0),
  tail: () => ({ lag: () => [], close () {} }),
  health: () => ({ stalls: [], heldBytes: 0 }),
  flush: async () => {},
  close: async () => {}
}

const { settings } = load({ argv, env: {}, readFile: () => '{}' })
const http = Fastify({ logger: false, forceCloseConnections: true })
const metrics = createMetrics(false)
const nobody = { clock: systemClock, log: { info () {}, warn () {} }, closing: new AbortController().signal }
const gateway = new Gateway(settings, log, systemClock, { warn () {} }, await createAccess(settings, nobody), new Quotas(settings.quotas))
await serveHttp(http, gateway, metrics, undefined, systemClock)
await http.listen({ host: '127.0.0.1', port: 0 })
await gateway.start('kafka', metrics)
console.log(JSON.stringify({ address: `127.0.0.1:${http.server.address().port}` }))
process.once('SIGTERM', () => process.exit())
