/**
 * A Kafka of a test's own whose process can be killed, frozen and started again on the same port and data: a real one
 * (TEST_KAFKA=real), or the embedded broker as a process of its own, with a data folder.
 */

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../kafka/ports.ts'
import { ensureKafka, startKafka } from '../kafka/real.ts'

export interface FaultyKafka {
  brokers: string
  kill: () => Promise<void>
  /** Resolves, when the port is open again, to the time of that (`performance.now()`). */
  restart: () => Promise<number>
  freeze: () => void
  thaw: () => void
}

interface Owner { teardown: (fn: () => Promise<void>) => void }

export const isReal = process.env.TEST_KAFKA === 'real'

/** Why there is none; false where there is one. */
export function without (): string | false {
  return isReal && ensureKafka() === undefined ? 'TEST_KAFKA is real, and Java or Maven is missing here' : false
}

/** `properties` are for a real broker. */
export async function faultyKafka (t: Owner, properties: Record<string, string> = {}): Promise<FaultyKafka> {
  return isReal ? await real(t, properties) : await embedded(t)
}

async function real (t: Owner, properties: Record<string, string>): Promise<FaultyKafka> {
  const kafka = await startKafka({ properties })
  t.teardown(() => kafka.stop())
  return {
    brokers: kafka.bootstrap,
    kill: () => kafka.kill(0),
    restart: async () => {
      const [openedAt] = await Promise.all([opened(kafka.bootstrap), kafka.restart(0)])
      return openedAt
    },
    freeze: () => kafka.freeze(0),
    thaw: () => kafka.thaw(0)
  }
}

async function embedded (t: Owner): Promise<FaultyKafka> {
  const port = await freePort()
  const dir = mkdtempSync(join(tmpdir(), 'sluice-broker-'))
  let child: ChildProcess
  const start = async (): Promise<void> => {
    child = fork(join(import.meta.dirname, 'embedded-process.ts'), [String(port), dir])
    await once(child, 'message')
  }
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await start()
  t.teardown(async () => {
    await kill()
    rmSync(dir, { recursive: true, force: true })
  })
  return {
    brokers: `127.0.0.1:${port}`,
    kill,
    restart: async () => {
      const [openedAt] = await Promise.all([opened(`127.0.0.1:${port}`), start()])
      return openedAt
    },
    freeze: () => { child.kill('SIGSTOP') },
    thaw: () => { child.kill('SIGCONT') }
  }
}

/** Asks until somebody listens there. */
async function opened (address: string): Promise<number> {
  const [host, port] = address.split(':') as [string, string]
  for (;;) {
    const socket = connect(Number(port), host)
    const isOpen = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'close').then(() => false)]).catch(() => false)
    socket.destroy()
    if (isOpen) return performance.now()
    await delay(10)
  }
}
