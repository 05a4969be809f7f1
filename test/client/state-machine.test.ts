import fc from 'fast-check'
import t from 'tap'
import type { Client } from '../../src/client/client.ts'
import { MemoryStore, turn, World } from './given.ts'
import { Server, withoutRepeats } from './server.ts'

const few = fc.integer({ min: 1, max: 3 })
const LIMIT_BYTES = 1_000

/** What moves frames on comes more often than what ends a connection, or most of them would never carry any. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant('publish' as const), count: few }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('publish too large' as const), count: few }) },
  { weight: 10, arbitrary: fc.record({ what: fc.constantFrom('read' as const, 'store' as const, 'tell' as const), count: few }) },
  { weight: 5, arbitrary: fc.record({ what: fc.constantFrom('fail' as const, 'fail stored' as const, 'reject' as const, 'full' as const, 'roomy' as const) }) },
  { weight: 8, arbitrary: fc.record({ what: fc.constantFrom('welcome' as const, 'disk' as const) }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('wait' as const), ms: fc.constantFrom(0, 10, 1_000, 8_000, 70_000) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('cut' as const), code: fc.constantFrom(1006, 4000, 4001, 1001) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('bye' as const), retryMs: fc.integer({ min: 0, max: 3_000 }) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('crash' as const, 'hurry' as const) }) }
)

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** One client, or several lives of it on one store, and what became of each publish. */
class Play {
  readonly world = new World()
  readonly server: Server
  readonly store: MemoryStore | undefined
  readonly acked = new Map<unknown, number>()
  readonly failed = new Map<unknown, string>()
  readonly wrong: string[] = []
  client: Client
  published = 0
  #welcomed = new Set<object>()

  constructor (inFlight: number, stored: boolean) {
    this.store = stored ? new MemoryStore() : undefined
    if (this.store !== undefined) this.store.isHeld = true
    this.client = this.#start()
    this.server = new Server(undefined as never, inFlight)
  }

  #start (): Client {
    return this.world.connect(this.store === undefined ? {} : { store: this.store })
  }

  async do (one: Step): Promise<void> {
    const { world, server } = this
    switch (one.what) {
      case 'publish': for (let n = 0; n < one.count; n++) this.publish(++this.published); break
      case 'publish too large': for (let n = 0; n < one.count; n++) this.publish(`${++this.published} `.padEnd(LIMIT_BYTES)); break
      case 'read': if (this.isServed()) server.read(one.count); break
      case 'store': server.store(one.count); break
      case 'tell': if (this.isServed()) server.tell(one.count); break
      case 'fail': server.fail(false); break
      case 'fail stored': server.fail(true); break
      case 'reject': server.reject(); break
      case 'full': server.isFull = true; break
      case 'roomy': server.isFull = false; break
      case 'cut': if (world.open.length > 0) world.socket.end(one.code); break
      case 'bye':
        if (!this.isServed()) break
        world.socket.say({ type: 'bye', code: 4000, reason: 'draining', retryMs: one.retryMs })
        world.socket.end(4000, 'draining')
        break
      case 'wait': world.clock.advance(one.ms); break
      case 'welcome': this.welcome(); break
      case 'crash': await this.crash(); break
      case 'disk': this.store?.flush(); break
      case 'hurry': this.client.reconnect()
    }
    await turn()
    if (world.open.length > 1) this.wrong.push('two sockets at once')
  }

  isServed (): boolean { return this.world.open.length === 1 && this.#welcomed.has(this.world.socket) }

  publish (data: number | string): void {
    const settled = (outcome: () => void): void => {
      if (this.acked.has(data) || this.failed.has(data)) this.wrong.push(`${data} settled twice`)
      outcome()
    }
    this.client.publish(data).then(
      ({ id }) => settled(() => this.acked.set(data, id)),
      ({ code }: { code: string }) => settled(() => this.failed.set(data, code)))
  }

  welcome (): void {
    const { world, server } = this
    if (world.open.length === 0 || this.isServed()) return
    this.#welcomed.add(world.socket)
    server.serve(world.socket)
    world.socket.welcome({ limits: { maxFrameBytes: LIMIT_BYTES, inFlight: server.inFlight, outboxBytes: 1_000 } })
  }

  /** The program dies; what had not reached the disk never does. Its publishes will not be heard of. */
  async crash (): Promise<void> {
    if (this.store === undefined) return
    this.world.crash()
    this.store.crash()
    this.client = this.#start()
    await turn()
  }

  /** Everything works from now on. */
  async settle (): Promise<void> {
    this.server.isFull = false
    for (let round = 0; round < 200; round++) {
      await this.do({ what: 'disk' })
      await this.do({ what: 'wait', ms: 1_000 })
      this.welcome()
      if (this.isServed()) {
        this.server.read()
        this.server.store()
        this.server.tell()
      }
      await turn()
      if (this.client.pending === 0 && this.store?.kept?.frames.length !== 0 === (this.store === undefined)) return
    }
    this.wrong.push(`${this.client.pending} publishes never settled`)
  }
}

await t.test('whatever the server and the network do, each publish ends once, in order, and none is lost (G2, G3)', async (t) => {
  let crashes = 0
  let resent = 0
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80 }), fc.integer({ min: 1, max: 6 }), fc.boolean(), async (steps, inFlight, stored) => {
    const play = new Play(inFlight, stored)
    await turn()
    for (const one of steps) await play.do(one)
    const lives = stored ? steps.filter(({ what }) => what === 'crash').length : 0
    await play.settle()
    crashes += lives
    resent += play.server.log.length - withoutRepeats(play.server.log).length
    const read = withoutRepeats(play.server.log)
    const wrong = [...play.wrong, ...play.server.wrong]
    for (const [data, id] of play.acked) if (!read.some((one) => one.id === id && one.data === data)) wrong.push(`${String(data)} was acked as ${id} and is not there`)
    if (play.world.sockets.some(({ sent }) => sent.some(({ data }) => typeof data === 'string'))) wrong.push('one over the limit went out')
    for (const { id, data } of play.server.log) if (read.find((one) => one.id === id)?.data !== data) wrong.push(`${id} stands for two publishes`)
    for (const [data, code] of play.failed) if (code !== (typeof data === 'string' ? 'frame-too-large' : 'record-too-large')) wrong.push(`${String(data)} failed with ${code}`)
    if (lives === 0 && play.acked.size + play.failed.size !== play.published) wrong.push('not all ended')
    if (String(read.map(({ data }) => data)) !== String(read.map(({ data }) => data as number).sort((a, b) => a - b))) wrong.push('out of order')
    await play.client.close()
    if (wrong.length > 0) throw new Error(wrong.join('; '))
  }), { numRuns: 2_000 })
  t.ok(crashes > 0 && resent > 0, `${crashes} crashes and ${resent} repeats were among it`)
})
