import type { Test } from 'tap'
import type { Clock } from '../../src/clock.ts'
import type { Failure, Topic, Waiter } from '../../src/log/log.ts'
import type { Context, Following, Limits, Watching } from '../../src/session/context.ts'
import { NOBODY } from '../../src/access/identity.ts'
import { Quotas } from '../../src/limits/quotas.ts'
import { Rates } from '../../src/limits/rates.ts'
import { Policy } from '../../src/access/policy.ts'
import { Problem } from '../../src/protocol/problem.ts'
import { Expiry } from '../../src/session/expiry.ts'
import type { Opening } from '../../src/session/opening.ts'
import type { Peer } from '../../src/session/peer.ts'
import { Session } from '../../src/session/session.ts'
import { Turn } from '../../src/session/turn.ts'
import type { HeaderBlock } from '../../src/wire/header-block.ts'
import { RecordView } from '../../src/wire/record-view.ts'

/** What callers without credentials may do. */
export const EVERYBODY = new Policy().grants(NOBODY)

/** Time that stands still until a test moves it. */
export class HeldClock implements Clock {
  #nowMs = 1_790_000_000_000
  #timers: Array<{ dueMs: number, fn: () => void }> = []
  #soon: Array<() => void> = []

  now (): number { return this.#nowMs }

  elapsed (): number { return this.#nowMs }

  after (ms: number, fn: () => void): () => void {
    const timer = { dueMs: this.#nowMs + ms, fn }
    this.#timers.push(timer)
    return () => { this.#timers = this.#timers.filter((t) => t !== timer) }
  }

  soon (fn: () => void): void { this.#soon.push(fn) }

  get timers (): number { return this.#timers.length }

  /** Ends the turn of the event loop. */
  turn (): void { for (const fn of this.#soon.splice(0)) fn() }

  advance (ms: number): void {
    const untilMs = this.#nowMs + ms
    for (;;) {
      const [next] = this.#timers.filter((t) => t.dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)
      if (next === undefined) break
      this.#timers = this.#timers.filter((t) => t !== next)
      this.#nowMs = next.dueMs
      next.fn()
    }
    this.#nowMs = untilMs
  }
}

/** Writes down what a session asks of its socket: JSON frames as objects, others as text or bytes, the rest as words. */
export class RecordingPeer implements Peer {
  said: unknown[] = []
  writes = 0
  waitingBytes = 0
  waitingPongs = 0
  isMidFrame = false
  /** Whether the network takes what is written, at once. */
  takes = true

  write (frames: Buffer): void {
    this.writes += 1
    if (!this.takes) this.waitingBytes += frames.length
    for (let at = 0; at < frames.length;) {
      const binary = frames[at] === 0x82
      const short = frames.readUInt8(at + 1)
      const from = at + (short === 127 ? 10 : short === 126 ? 4 : 2)
      const length = short === 127 ? Number(frames.readBigUInt64BE(at + 2)) : short === 126 ? frames.readUInt16BE(at + 2) : short
      const payload = frames.subarray(from, from + length)
      this.said.push(binary ? Buffer.from(payload) : parsed(payload.toString()))
      at = from + length
    }
  }

  #drained: Array<() => void> = []
  drained (fn: () => void): void { this.#drained.push(fn) }

  /** The network takes all that was written. */
  drain (): void {
    this.waitingBytes = 0
    for (const fn of this.#drained.splice(0)) fn()
  }

  ping (): void { this.said.push('ping') }
  pong (data: Buffer): void { this.said.push(`pong ${data}`) }
  pause (): void { this.said.push('pause') }
  resume (): void { this.said.push('resume') }
  close (code: number, reason: string): void { this.said.push(`close ${code} ${reason}`) }
  terminate (): void { this.said.push('terminate') }

  /** What was said since this was asked last. */
  heard (): unknown[] { return this.said.splice(0) }
}

/** What the peer heard since it was asked last is this, thing by thing, and nothing else. */
export function hears (t: Test, peer: RecordingPeer, expected: unknown[]): void {
  const heard = peer.heard()
  t.match(heard, expected)
  t.equal(heard.length, expected.length)
}

function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

interface Appended { partition: number, key: string, value: string, headers: Record<string, string>, waiter: Waiter, id: number }

/** A topic whose answers a test gives. */
export class HeldTopic implements Topic {
  readonly name: string
  readonly partitions = 6
  isPressed = false
  full = false
  appended: Appended[] = []
  /** What was appended and has no answer yet. */
  waiting: Appended[] = []
  #offset = 100

  constructor (name: string) { this.name = name }

  pressed (): boolean { return this.isPressed }

  append (partition: number, key: Buffer, source: Buffer, from: number, to: number, headers: HeaderBlock, waiter: Waiter, id: number): boolean {
    if (this.full) return false
    const one = { partition, key: key.toString(), value: source.toString('latin1', from, to), headers: headersOf(headers), waiter, id }
    this.appended.push(one)
    this.waiting.push(one)
    return true
  }

  /** Answers the next `count` as one run of one waiter. */
  store (count = 1): void {
    const last = this.waiting.splice(0, count).at(-1) as Appended
    this.#offset += count
    last.waiter.stored(last.id, count, last.partition, this.#offset)
  }

  fail (count: number, code: Failure['code'], reason = 'SOME_REASON'): void {
    for (const { waiter, id } of this.waiting.splice(0, count)) waiter.failed(id, { code, reason })
  }
}

function headersOf ({ buffer, end }: HeaderBlock): Record<string, string> {
  const view = new RecordView()
  view.buffer = buffer
  view.headerCount = buffer.readUInt8(0) / 2
  view.headersAt = 1
  view.end = end
  return Object.fromEntries([...view.headers()].map(([name, value]) => [name, String(value)]))
}

export const LIMITS: Limits = { heartbeatMs: 30_000, maxFrameBytes: 65_536, outboxBytes: 10_000, inFlight: 4 }

const nobody: Watching = { watch: () => Promise.reject(new Error('nobody watches here')), add: () => {}, unwatch: () => [], watched: () => [], forget: () => {} }

/** Somebody who is live, and whose downlink lies in partition 3. */
export const following: Following = {
  begin: () => {}, isLive: true, cursor: () => undefined, isBehind: () => false, isHome: (partition) => partition === 3, isPlaced: (partition) => partition === 3, rehome: () => {}, end: () => {}
}

export interface Given {
  clock: HeldClock
  uplink: HeldTopic
  context: { -readonly [K in keyof Context]: Context[K] }
  /** What the observer was told. */
  observed: string[]
  quotas: Quotas
  connect: (opening?: Partial<Opening>) => { session: Session, peer: RecordingPeer, publish: (id: number, data?: string) => void }
}

export function given ({ limits = LIMITS, watchers = nobody }: { limits?: Limits, watchers?: Watching } = {}): Given {
  const clock = new HeldClock()
  const uplink = new HeldTopic('uplink')
  const observed: string[] = []
  const quotas = new Quotas({ framesPerSecond: 0, bytesPerSecond: 0, burstMs: 1000 })
  const context: Given['context'] = {
    uplink,
    follow: () => following,
    watchers,
    rates: new Rates(quotas, clock, () => observed.push('limited rate')),
    clock,
    turn: new Turn(clock),
    expiry: new Expiry(clock),
    identify: () => Promise.reject(new Problem('unauthenticated')),
    limits,
    storage: 'memory',
    observer: { refused: (code) => observed.push(`refused ${code}`), closed: (name) => observed.push(`closed ${name}`), delivered: () => {}, gap: (reason) => observed.push(`gap ${reason}`), limited: (limit) => observed.push(`limited ${limit}`), refreshed: (_session, code) => observed.push(`refreshed ${code}`), denied: (_session, verb, resource) => observed.push(`denied ${verb} ${resource}`) }
  }
  const connect: Given['connect'] = (opening = {}) => {
    const peer = new RecordingPeer()
    const session = new Session(context, peer, { device: 'sensor-1', grants: EVERYBODY, address: 'localhost', mode: 'sluice.v1', ...opening })
    return { session, peer, publish: (id, data = '0') => session.receive(Buffer.from(`{"type":"publish","id":${id},"data":${data}}`), false) }
  }
  return { clock, uplink, context, observed, quotas, connect }
}
