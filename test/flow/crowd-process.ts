/** The devices of `crowd.ts`, in a process of their own: with both ends of its sockets, one process could hold half as many. It ends with the process that started it. */

import { WebSocket } from 'ws'
import type { Call, Came } from './crowd.ts'

interface Frame { type: string, data?: unknown }

const SHOWN = 5

/** One socket of a device that comes back. */
class Member {
  readonly id: string
  readonly got: unknown[] = []
  readonly welcomed: Promise<void>
  readonly live: Promise<void>
  readonly #closed: Promise<void>
  readonly #ws: WebSocket

  constructor (host: string, id: string, since: string) {
    this.id = id
    const ws = this.#ws = new WebSocket(`ws://${host}/ws/${id}?since=${since}`, ['sluice.v1'])
    const frames = new Map<string, () => void>()
    const heard = (type: string): Promise<void> => new Promise((resolve, reject) => {
      frames.set(type, resolve)
      ws.on('error', reject)
      ws.on('close', (code) => reject(new Error(`${id} was closed with ${code}`)))
    })
    this.welcomed = heard('welcome')
    this.live = heard('live')
    this.live.catch(() => {})
    this.#closed = new Promise((resolve) => ws.on('close', () => resolve()))
    ws.on('message', (bytes: Buffer) => {
      const frame = JSON.parse(bytes.toString()) as Frame
      const hear = frames.get(frame.type)
      if (hear !== undefined) hear()
      else if (frame.type !== 'cursor') this.got.push(frame.type === 'message' ? frame.data : frame)
    })
  }

  async go (): Promise<void> {
    this.#ws.close()
    await this.#closed
  }
}

const here: Member[] = []

const verbs = {
  /** Answers when all are live. */
  async come ({ host, devices, atOnce, records }: Call): Promise<Came> {
    const fromMs = performance.now()
    const came: Member[] = []
    const queue = devices.values()
    const door = async (): Promise<void> => {
      for (const [id, since] of queue) {
        const one = new Member(host, id, since)
        came.push(one)
        await one.welcomed
      }
    }
    await Promise.all(Array.from({ length: atOnce }, door))
    const welcomedMs = performance.now() - fromMs
    await Promise.all(came.map((one) => one.live))
    const liveMs = performance.now() - fromMs
    here.push(...came)
    return { welcomedMs, liveMs, wrong: wrong(came, records) }
  },

  /** One after the other comes, is live and goes. */
  async visit ({ host, devices, records }: Call): Promise<Pick<Came, 'wrong'>> {
    const came: Member[] = []
    for (const [id, since] of devices) {
      const one = new Member(host, id, since)
      came.push(one)
      await one.welcomed
      await one.live
      await one.go()
    }
    return { wrong: wrong(came, records) }
  },

  async go (): Promise<void> { await Promise.all(here.splice(0).map((one) => one.go())) }
}

function wrong (members: readonly Member[], records: number): string[] {
  const all = members.filter(({ id, got }) => got.join() !== Array.from({ length: records }, (_, n) => `${id} ${n}`).join())
  return [...all.slice(0, SHOWN).map(({ id, got }) => `${id}: ${JSON.stringify(got).slice(0, 200)}`), ...all.length > SHOWN ? [`and ${all.length - SHOWN} more`] : []]
}

process.on('message', ({ n, verb, call }: { n: number, verb: keyof typeof verbs, call: Call }) => {
  verbs[verb](call).then((result) => process.send?.({ n, result }), (error: unknown) => process.send?.({ n, error: String(error) }))
})
process.on('disconnect', () => process.exit())
