/** The embedded broker as a process of its own: `port dir`. It ends with the process that started it. */

import { DevKafka } from '../../src/devkafka/broker.ts'

const [port, dir] = process.argv.slice(2) as [string, string]
await new DevKafka({ port: Number(port), dir }).listen()
process.on('disconnect', () => process.exit())
process.send?.('listening')
