import { startKafka } from '../../kafka/real.ts'
import type { Cluster } from './cluster.ts'

/** Apache Kafka, one broker or three. */
export async function realCluster (brokers: 1 | 3): Promise<Cluster> {
  const kafka = await startKafka({ brokers })
  return {
    kind: 'real',
    brokers: kafka.bootstrap,
    size: kafka.size,
    replicationFactor: brokers,
    kill: (i) => kafka.kill(i),
    restart: (i) => kafka.restart(i),
    freeze: (i) => kafka.freeze(i),
    thaw: (i) => kafka.thaw(i),
    stop: () => kafka.stop()
  }
}
