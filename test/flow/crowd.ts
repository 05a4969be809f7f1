/** Thousands of devices that come back, in a process of their own. */

import { fork } from 'node:child_process'
import { join } from 'node:path'

export interface Call {
  readonly host: string
  /** Their ids, and where each begins: what `?since=` takes. */
  readonly devices: ReadonlyArray<readonly [id: string, since: string]>
  /** How many wait for their welcome at a time. */
  readonly atOnce: number
  /** How many records each is due: of a device `d` these are "d 0", "d 1", and so on. */
  readonly records: number
}

export interface Came {
  /** After so long all were welcomed, and all were live. */
  readonly welcomedMs: number
  readonly liveMs: number
  /** Those that have not got exactly their own, in order; with what they got. */
  readonly wrong: readonly string[]
}

export interface Crowd {
  /** All come, and stay. Resolves when all are live. */
  come: (call: Call) => Promise<Came>
  /** One after the other comes, is live, and goes. */
  visit: (call: Omit<Call, 'atOnce'>) => Promise<Pick<Came, 'wrong'>>
  go: () => Promise<void>
}

interface Owner { teardown: (fn: () => Promise<void>) => void }
interface Waiter { resolve: (result: unknown) => void, reject: (error: Error) => void }

export function crowd (t: Owner): Crowd {
  const child = fork(join(import.meta.dirname, 'crowd-process.ts'))
  const waiting = new Map<number, Waiter>()
  let calls = 0
  child.on('message', ({ n, result, error }: { n: number, result?: unknown, error?: string }) => {
    const { resolve, reject } = waiting.get(n) as Waiter
    waiting.delete(n)
    if (error === undefined) resolve(result)
    else reject(new Error(error))
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('the process of the devices has ended'))
    resolve()
  }))
  t.teardown(async () => {
    child.disconnect()
    await exited
  })
  const tell = (verb: string, call = {}): Promise<unknown> => new Promise((resolve, reject) => {
    waiting.set(calls, { resolve, reject })
    child.send({ n: calls++, verb, call })
  })
  return {
    come: (call) => tell('come', call) as Promise<Came>,
    visit: (call) => tell('visit', call) as Promise<Came>,
    go: () => tell('go') as Promise<void>
  }
}
