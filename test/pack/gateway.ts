/** A gateway that was installed or built, as a process: started, asked as a device would, and stopped. */

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import { keepLogged } from '../logs/keep.ts'

export interface Started {
  process: ChildProcess
  /** What it has printed so far, on both streams. */
  output(): string
  /** Resolves to the exit code; null if a signal ended it. */
  exited: Promise<number | null>
  /** Ends it with whatever it started, if it still runs. */
  kill(): void
}

const startMs = 20_000
const stopMs = 10_000
const pollMs = 50

export function start (command: string, args: string[], env: NodeJS.ProcessEnv = process.env): Started {
  // Detached: a group of its own, so that what runs a container is not ended without the gateway in it.
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      keepLogged(text)
      printed += text
    })
  }
  let running = child.pid !== undefined
  const kill = () => { if (running) process.kill(-child.pid!, 'SIGKILL') }
  process.once('exit', kill)
  const exited = once(child, 'close').then(([code]) => {
    running = false
    process.off('exit', kill)
    return code as number | null
  })
  return { process: child, output: () => printed, exited, kill }
}

/** Resolves when `/readyz` says 200. */
export async function ready (gateway: Started, port: number): Promise<void> {
  const deadline = performance.now() + startMs
  while (!await answers(`http://127.0.0.1:${port}/readyz`)) {
    if (gateway.process.exitCode !== null) throw new Error(`the gateway ended:\n${gateway.output()}`)
    if (performance.now() > deadline) throw new Error(`the gateway is not ready after ${startMs} ms:\n${gateway.output()}`)
    await delay(pollMs)
  }
}

/** Health, a device in protocol mode, and one in raw mode. */
export async function serves (t: Test, port: number): Promise<void> {
  const health = await fetch(`http://127.0.0.1:${port}/healthz`)
  t.equal(health.status, 200, '/healthz answers')
  t.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200, 'the dashboard is served')
  t.equal((await fetch(`http://127.0.0.1:${port}/client.js`)).status, 200, 'so is the client library')

  const device = await connected(`ws://127.0.0.1:${port}/ws/x`, ['sluice.v1'])
  t.match(JSON.parse(device.first ?? ''), { type: 'welcome' }, 'the first frame is a welcome')
  device.socket.terminate()

  const raw = await connected(`ws://127.0.0.1:${port}/ws/x`, [])
  raw.socket.send('21.5')
  raw.socket.ping()
  await once(raw.socket, 'pong', { signal: AbortSignal.timeout(stopMs) })
  t.pass('a raw socket stays open after a frame')
  raw.socket.terminate()
}

/** SIGTERM to `pid`: the gateway ends by itself, well, and soon. */
export async function stopsOnSignal (t: Test, gateway: Started, pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM')
  const code = await Promise.race([gateway.exited, delay(stopMs, 'still running', { ref: false })])
  t.equal(code, 0, 'SIGTERM ends it with code 0', { output: gateway.output() })
}

/** A protocol-mode socket speaks first, so its first frame is awaited with it. */
async function connected (url: string, protocols: string[]): Promise<{ socket: WebSocket, first: string | undefined }> {
  const socket = new WebSocket(url, protocols)
  const signal = AbortSignal.timeout(stopMs)
  const first = protocols.length > 0 ? once(socket, 'message', { signal }) : undefined
  await once(socket, 'open', { signal })
  return { socket, first: first && String((await first)[0]) }
}

async function answers (url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}
