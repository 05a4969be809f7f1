import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { readAll } from '../flow/kafka.ts'
import type { Stored } from './history/event.ts'

/** Else the topics are read by kafkajs, on whose connections the gateway stands too. */
export const hasKcat = spawnSync('kcat', ['-V']).status === 0
const TRIES = 5

interface KcatRecord { partition: number, offset: number, key: string, payload: string, headers?: string[] }

/** Everything that is committed in a topic, by kcat (librdkafka); by kafkajs' consumer where there is no kcat. */
export async function readTopic (brokers: string, name: string, topic: Stored['topic']): Promise<Stored[]> {
  if (!hasKcat) return await readWithKafkajs(brokers, name, topic)
  for (let tries = 1; ; tries++) {
    const child = spawn('kcat', ['-b', brokers, '-t', name, '-C', '-o', 'beginning', '-e', '-q', '-J', '-X', 'isolation.level=read_committed', '-X', 'fetch.wait.max.ms=20'], { stdio: ['ignore', 'pipe', 'pipe'] })
    const [lines, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    if (code === 0) return lines.split('\n').filter((line) => line !== '').map((line) => stored(topic, JSON.parse(line) as KcatRecord))
    if (tries === TRIES) throw new Error(`kcat could not read ${name}: ${errors}`)
  }
}

function stored (topic: Stored['topic'], { partition, offset, key, payload, headers = [] }: KcatRecord): Stored {
  const at = headers.indexOf('sluice-id')
  return { type: 'stored', topic, partition, offset, key, value: payload, ...(at === -1 ? {} : { id: headers[at + 1] as string }) }
}

async function readWithKafkajs (brokers: string, name: string, topic: Stored['topic']): Promise<Stored[]> {
  return (await readAll(brokers, name)).map(({ partition, offset, key, value, headers }) => {
    const id = headers['sluice-id']
    return { type: 'stored', topic, partition, offset, key: String(key), value: String(value), ...(id === undefined ? {} : { id }) }
  })
}
