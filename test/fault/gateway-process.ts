/** A gateway as a process of its own: `brokers uplink downlink [port [agoMs]]`. It tells its address, and ends with the process that started it. */

import { createApp } from '../../src/app.ts'
import { systemClock, type Clock } from '../../src/clock.ts'
import { defaults } from '../../src/config/index.ts'
import { kept } from '../logs/keep.ts'

const SOON_MS = 100
const HOURLY_MS = 900_000

const [brokers, uplink, downlink, port = '0', agoMs = '0'] = process.argv.slice(2) as [string, string, string, string?, string?]

/** As it was so long ago. What is done every hour or so is done at once: no test sees an hour. */
const clock: Clock = {
  ...systemClock,
  now: () => systemClock.now() - Number(agoMs),
  after: (ms, fn) => systemClock.after(ms < HOURLY_MS ? ms : SOON_MS, fn)
}
const topics = { uplink, downlink, positions: `${downlink}.positions`, revocations: `${downlink}.revocations` }
const app = await createApp({ settings: defaults({ kafka: { brokers: brokers.split(','), createTopics: true }, topics }), clock, ...kept })
const origin = await app.http.listen({ host: '127.0.0.1', port: Number(port) })
await app.start()
process.on('disconnect', () => process.exit())
process.send?.(origin)
