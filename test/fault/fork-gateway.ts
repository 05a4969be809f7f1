import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface ForkedGateway { child: ChildProcess, origin: string }

/** A gateway as a process of its own, which can be killed. Its clock may be behind. */
export async function forkGateway (brokers: string, topics: readonly [uplink: string, downlink: string], { port = 0, agoMs = 0 } = {}): Promise<ForkedGateway> {
  const child = fork(join(import.meta.dirname, 'gateway-process.ts'), [brokers, ...topics, String(port), String(agoMs)])
  const [origin] = await Promise.race([once(child, 'message'), once(child, 'exit').then(([code]) => { throw new Error(`the gateway ended with ${code} at its start`) })]) as [string]
  return { child, origin }
}
