import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { DevKafka } from '../../src/devkafka/broker.ts'
import type { KafkaLog } from '../../src/log/kafka/index.ts'
import { append, content, kafkaLog, Ledger, type Options } from './given.ts'

export interface Faulty {
  dev: DevKafka
  address: string
  log: KafkaLog
  ledger: Ledger
  /** Appends these ids to partition 0, in this turn. */
  put: (...ids: number[]) => void
  content: (partition?: number) => Promise<string[]>
  /** Ends the broker; what is in its folder stays. */
  stop: () => Promise<void>
  /** Starts it again at the same address. */
  restart: () => Promise<DevKafka>
}

export const TOPIC = 'uplink'

/** An embedded broker that does wrong as it is told, and an opened log on it. */
export async function faulty (t: Test, options: Partial<Options> & { dir?: boolean, partitions?: number } = {}): Promise<Faulty> {
  const { dir = false, partitions = 1, ...rest } = options
  const folder = dir ? mkdtempSync(join(tmpdir(), 'sluice-')) : undefined
  if (folder !== undefined) t.teardown(() => rmSync(folder, { recursive: true }))
  const start = (port: number): DevKafka => new DevKafka({ port, ...(folder === undefined ? {} : { dir: folder }) })
  let dev = start(0)
  const address = await dev.listen()
  const log = kafkaLog(address, { topics: [TOPIC], createTopics: true, partitions, requestTimeoutMs: 250, ...rest })
  t.teardown(async () => {
    await log.close()
    await dev.close()
  })
  await log.open()
  const ledger = new Ledger()
  return {
    dev,
    address,
    log,
    ledger,
    put: (...ids) => { for (const id of ids) append(log.topic(TOPIC), ledger, id) },
    content: (partition) => content(log, TOPIC, partition),
    stop: () => dev.close(),
    restart: async () => {
      dev = start(Number(address.split(':')[1]))
      await dev.listen()
      return dev
    }
  }
}

/** Resolves when it is so; looks once a turn of the event loop, for what tells nobody that it has come to be. */
export async function becomes (met: () => boolean): Promise<void> {
  while (!met()) await new Promise(setImmediate)
}
