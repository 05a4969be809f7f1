/** A gateway as a process of its own: `brokers uplink downlink [port]`. It tells its address, and ends with the process that started it. */

import { createApp } from '../../src/app.ts'
import { defaults } from '../../src/config/index.ts'

const [brokers, uplink, downlink, port = '0'] = process.argv.slice(2) as [string, string, string, string?]
const app = await createApp({ settings: defaults({ kafka: { brokers: brokers.split(','), createTopics: true }, topics: { uplink, downlink } }) })
const origin = await app.http.listen({ host: '127.0.0.1', port: Number(port) })
await app.start()
process.on('disconnect', () => process.exit())
process.send?.(origin)
