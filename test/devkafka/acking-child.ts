import { DevKafka } from '../../src/devkafka/broker.ts'

/** A broker with a folder, in a process of its own so that it can be killed. */
const broker = new DevKafka({ dir: process.argv[2] ?? '', partitions: 1, autoCreate: true })
console.log(await broker.listen())
