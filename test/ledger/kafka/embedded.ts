import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DevKafka } from '../../../src/devkafka/broker.ts'
import { freePort } from '../../kafka/ports.ts'
import type { Cluster } from './cluster.ts'

/** The embedded broker with a data folder, in this process. Killed, it drops every connection and what it had not answered. */
export async function embeddedCluster (): Promise<Cluster> {
  const port = await freePort()
  const dir = mkdtempSync(join(tmpdir(), 'sluice-ledger-'))
  let broker = new DevKafka({ port, dir })
  await broker.listen()
  return {
    kind: 'embedded',
    brokers: `127.0.0.1:${port}`,
    size: 1,
    replicationFactor: 1,
    kill: async () => {
      await broker.close()
      broker.resume()
    },
    restart: async () => {
      await broker.close()
      broker = new DevKafka({ port, dir })
      await broker.listen()
    },
    freeze: () => { broker.pause() },
    thaw: () => {
      broker.resume()
      broker.faults.thaw()
    },
    plant: (api, faults) => { broker.faults.push(api, ...faults) },
    unplant: (api) => { while (broker.faults.take(api) !== undefined); },
    stop: async () => {
      await broker.close()
      rmSync(dir, { recursive: true, force: true })
    }
  }
}
