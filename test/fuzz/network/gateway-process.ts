/** The gateway that is fuzzed, as a process of its own: `brokers secretFile`. It tells its address, what it logs, and on request its memory. */

import { setImmediate } from 'node:timers/promises'
import pino from 'pino'
import { createApp } from '../../../src/app.ts'
import { defaults } from '../../../src/config/index.ts'
import { AUDIENCE, ISSUER } from '../draw/tokens.ts'
import { NEIGHBOUR } from './neighbour.ts'

const MANY = 1_000_000
const FEW = 200
const MIB = 1024 * 1024

const [brokers, secretFile] = process.argv.slice(2) as [string, string]
const logger = pino({ level: 'warn' }, { write: (line: string) => { process.send?.({ line }) } })
const app = await createApp({
  logger,
  settings: defaults({
    kafka: { brokers: [brokers], createTopics: true, partitions: 4 },
    auth: { anonymous: 'always', jwt: { secretFile, issuer: ISSUER, audience: AUDIENCE }, tickets: { secretFile }, maxFailures: MANY, maxPending: MANY, maxPendingPerAddress: MANY },
    // What is kept by design is small, so that whatever grows is a leak.
    history: { bytes: MIB },
    positions: { max: FEW },
    revocations: { max: FEW },
    quotas: { framesPerSecond: 0, bytesPerSecond: 0 },
    http: { requestsPerSecond: 0, maxIdle: MANY, maxIdlePerAddress: MANY }
  })
})
const origin = await app.http.listen({ host: '127.0.0.1', port: 0 })
await app.start()
process.on('disconnect', () => process.exit())
process.on('message', () => { void told() })
process.send?.({ origin })

/** When only the neighbour is here: what is in use behind a collection, in bytes. */
async function told (): Promise<void> {
  const { hub } = app.gateway
  const isQuiet = (): boolean => [...hub.sessions()].every(({ device }) => device === NEIGHBOUR)
  while (!isQuiet()) await setImmediate()
  for (let times = 0; times < 3; times++) {
    gc?.()
    await setImmediate()
  }
  const { heapUsed, external } = process.memoryUsage()
  process.send?.({ bytes: heapUsed + external })
}
