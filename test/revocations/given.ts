import { Revocations, type RevocationsOptions } from '../../src/revocations/revocations.ts'
import type { HeldClock } from '../flow/held-clock.ts'
import { SimulatedLog, type SimulatedKafka } from '../table/simulated-kafka.ts'

/** One gateway's revocations, on a log of its own in which nothing happens until a test lets it. */
export class Instance {
  readonly log: SimulatedLog
  readonly revocations: Revocations
  readonly kicked: string[] = []
  readonly said: string[] = []
  revoked = 0

  constructor (kafka: SimulatedKafka, clock: HeldClock, options: Partial<RevocationsOptions> = {}) {
    this.log = new SimulatedLog(kafka)
    this.revocations = new Revocations({
      log: this.log.log,
      topic: 'r',
      clock,
      max: 3,
      revoked: () => { this.revoked += 1 },
      kicked: (device) => this.kicked.push(device),
      warn: (_facts, sentence) => this.said.push(sentence),
      random: () => 0,
      ...options
    })
  }

  /** All that is under way lands, and all that is there is read. */
  settle (): void {
    while (this.log.land() || this.log.next() !== undefined);
  }

  has (device: string): boolean { return this.revocations.has({ by: 'nothing', subject: '', roles: [], groups: [], watch: [] }, device) }
}

/** An hour, in which what has ended is forgotten. */
export const SWEEP_MS = 3_600_000
