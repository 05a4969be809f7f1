import fc from 'fast-check'
import t from 'tap'
import { Outbox } from '../../src/session/outbox.ts'
import type { Peer } from '../../src/session/peer.ts'

const MAX_BYTES = 1_000

/** A network that takes what a test lets it take. */
class HeldNetwork {
  written: Buffer[] = []
  waitingBytes = 0

  write (bytes: Buffer): void {
    this.written.push(bytes)
    this.waitingBytes += bytes.length
  }

  take (bytes: number): void { this.waitingBytes = Math.max(0, this.waitingBytes - bytes) }
}

type Step = { do: 'push', bytes: number } | { do: 'take', bytes: number } | { do: 'flush' } | { do: 'clear' }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('push' as const), bytes: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 3 * MAX_BYTES })) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('take' as const), bytes: fc.nat({ max: 2 * MAX_BYTES }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const) }) }
)

/** What happens to an outbox, beside what should. Every frame has bytes of its own. */
class Run {
  readonly network = new HeldNetwork()
  readonly outbox = new Outbox(this.network as unknown as Peer, MAX_BYTES)
  pending: Buffer[] = []
  due: Buffer[] = []
  frames = 0

  do (step: Step): boolean {
    switch (step.do) {
      case 'push': {
        const frame = Buffer.alloc(step.bytes, ++this.frames)
        this.outbox.push(frame)
        this.pending.push(frame)
        return true
      }
      case 'take':
        this.network.take(step.bytes)
        return true
      case 'clear':
        this.outbox.clear()
        this.pending = []
        return true
      case 'flush': return this.pending.length === 0 || this.#flush()
    }
  }

  #flush (): boolean {
    const { waitingBytes } = this.network
    const isWell = this.outbox.flush()
    this.due.push(Buffer.concat(this.pending))
    this.pending = []
    return isWell === (waitingBytes <= MAX_BYTES)
  }

  get isAsItShould (): boolean {
    const gathered = this.pending.reduce((sum, { length }) => sum + length, 0)
    return this.outbox.isEmpty === (this.pending.length === 0) &&
      this.outbox.isOver === (gathered > MAX_BYTES) &&
      this.outbox.isFull === (gathered + this.network.waitingBytes > MAX_BYTES / 2) &&
      this.network.written.length === this.due.length &&
      this.due.every((bytes, n) => bytes.equals(this.network.written[n] as Buffer))
  }
}

await t.test('everything that is pushed is written once and in order, one write for each flush, which tells whether too much waited before it', async t => {
  const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const run = new Run()
    return steps.every((one) => run.do(one) && run.isAsItShould)
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 3_000 }))
})
