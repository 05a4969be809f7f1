import { startKafka } from '../../kafka/real.ts'
import { Proxy } from '../../net/proxy.ts'
import type { Cluster } from './cluster.ts'

/** Apache Kafka, one broker or three, each behind a proxy: clients, and the brokers among themselves, find it there. */
export async function realCluster (brokers: 1 | 3): Promise<Cluster> {
  const links = Array.from({ length: brokers }, () => new Proxy())
  const ports = await Promise.all(links.map((link) => link.listen()))
  let known = 0
  const kafka = await startKafka({
    brokers,
    advertise: (port) => {
      const n = known++
      ;(links[n] as Proxy).target = port
      return ports[n] as number
    }
  })
  return {
    kind: 'real',
    brokers: ports.map((port) => `127.0.0.1:${port}`).join(','),
    size: kafka.size,
    replicationFactor: brokers,
    links,
    kill: (i) => kafka.kill(i),
    restart: (i) => kafka.restart(i),
    freeze: (i) => kafka.freeze(i),
    thaw: (i) => kafka.thaw(i),
    stop: async () => {
      await kafka.stop()
      await Promise.all(links.map((link) => link.close()))
    }
  }
}
