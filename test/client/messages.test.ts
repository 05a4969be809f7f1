import fc from 'fast-check'
import t from 'tap'
import type { Client } from '../../src/client/client.ts'
import { MemoryStore, turn, World, type FakeSocket } from './given.ts'

const few = fc.integer({ min: 1, max: 4 })
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constantFrom('write' as const, 'take' as const), count: few }) },
  { weight: 8, arbitrary: fc.record({ what: fc.constant('send' as const), count: few }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constantFrom('stand' as const, 'welcome' as const, 'disk' as const) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('wait' as const), ms: fc.constantFrom(0, 150, 2_000, 70_000) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('cut' as const), code: fc.constantFrom(1006, 4000, 4001) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('crash' as const) }) }
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** A partition of which all records are one device's, a gateway before it as docs/protocol.md has it, and a program that takes messages at its own pace. */
class Play {
  readonly world = new World()
  readonly wrong: string[] = []
  readonly named: boolean
  readonly store = new MemoryStore()
  client: Client
  /** Records are numbered from 1 on; the cursor behind record `n` is `c<n>`. */
  written = 0
  taken = 0
  repeats = 0
  #isNew = true
  /** What the gateway holds under the name. */
  #held: number | undefined
  #socket: FakeSocket | undefined
  #sent = 0
  #heard = 0
  #mayTake = 0
  #life = 0

  constructor (named: boolean) {
    this.named = named
    this.store.isHeld = true
    this.client = this.#start()
  }

  #start (): Client {
    const client = this.world.connect({ store: this.store, maxBufferedBytes: 60, ...this.named ? { resume: 'main' } : {} })
    void this.#program(client, ++this.#life)
    return client
  }

  async #program (client: Client, life: number): Promise<void> {
    let isFirst = life > 1
    for await (const { data } of client) {
      const n = data as number
      if (n !== this.taken + 1 && !(isFirst && n <= this.taken)) this.wrong.push(`${n} behind ${this.taken}`)
      if (n <= this.taken) this.repeats++
      isFirst = false
      this.taken = n
      while (this.#mayTake === 0 && life === this.#life) await turn()
      if (life !== this.#life) return
      this.#mayTake--
    }
  }

  async do (one: Step): Promise<void> {
    const { world } = this
    switch (one.what) {
      case 'write': this.written += one.count; break
      case 'take': this.#mayTake += one.count; break
      case 'send': this.send(one.count); break
      case 'stand': this.#say({ type: 'cursor', cursor: `c${this.#sent}` }); break
      case 'welcome': this.welcome(); break
      case 'wait': world.clock.advance(one.ms); break
      case 'cut': if (world.open.length > 0) world.socket.end(one.code); break
      case 'disk': this.store.flush(); break
      case 'crash':
        world.crash()
        this.store.crash()
        this.#mayTake = 0
        this.client = this.#start()
    }
    await turn()
    await turn()
    this.#hear()
  }

  get #isServed (): boolean { return this.#socket?.isOpen === true && this.#socket === this.world.socket }

  #say (frame: object): void { if (this.#isServed) this.#socket?.say(frame) }

  welcome (): void {
    if (this.world.open.length === 0 || this.#isServed) return
    const socket = this.#socket = this.world.socket
    this.#heard = 0
    const since = socket.url.searchParams.get('since')
    if (this.named) this.#held ??= this.written
    this.#sent = this.named ? this.#held as number : since === null ? this.written : Number(since.slice(1))
    if (!this.named && since === null && this.store.kept?.cursor !== undefined) this.wrong.push('it has forgotten where it stood')
    if (this.#isNew || (!this.named && since === null)) this.taken = this.#sent // nothing was noted yet
    this.#isNew = false
    if (this.#sent > this.written) this.wrong.push(`${String(since)} was never given`)
    const isLive = this.#sent === this.written
    socket.welcome(isLive ? { cursor: `c${this.#sent}` } : { resuming: true })
  }

  send (count: number): void {
    for (const to = Math.min(this.written, this.#sent + count); this.#isServed && this.#sent < to;) {
      this.#sent++
      this.#say({ type: 'message', data: this.#sent, time: 1, cursor: `c${this.#sent}` })
    }
  }

  /** A position moves forward to what the device says that it has handled. */
  #hear (): void {
    for (const { type, cursor } of this.#socket?.sent.slice(this.#heard) ?? []) {
      if (type !== 'received') continue
      const n = Number(String(cursor).slice(1))
      if (n > Math.max(this.taken, this.#sent)) this.wrong.push(`${n} was received before it was sent`)
      this.#held = Math.max(this.#held ?? 0, n)
    }
    this.#heard = this.#socket?.sent.length ?? 0
  }

  async settle (): Promise<void> {
    for (let round = 0; round < 300 && this.taken < this.written; round++) {
      await this.do({ what: 'disk' })
      await this.do({ what: 'welcome' })
      await this.do({ what: 'send', count: 1_000 })
      await this.do({ what: 'take', count: 4 })
      await this.do({ what: 'wait', ms: 2_000 })
    }
    if (this.taken !== this.written) this.wrong.push(`${this.written} were written, and ${this.taken} was the last that was taken`)
    this.#life++
    this.store.isHeld = false
    this.store.flush()
    await this.client.close()
  }
}

await t.test('whatever the network and the program do, each message is taken once, in order, and after a crash none is left out (G4)', async (t) => {
  let [repeats, crashes] = [0, 0]
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80 }), fc.boolean(), async (steps, named) => {
    const play = new Play(named)
    await turn()
    play.welcome()
    for (const one of steps) await play.do(one)
    await play.settle()
    repeats += play.repeats
    crashes += steps.filter(({ what }) => what === 'crash').length
    if (play.wrong.length > 0) throw new Error(play.wrong.join('; '))
  }), { numRuns: 1_000 })
  t.ok(crashes > 0 && repeats > 0, `${crashes} crashes and ${repeats} repeats behind them were among it`)
})
