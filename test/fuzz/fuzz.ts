import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DevKafka } from '../../src/devkafka/broker.ts'
import { Random } from '../ledger/random.ts'
import { corpusOf } from './corpus.ts'
import { recordBatches } from './decoders/batches.ts'
import { cursors } from './decoders/cursors.ts'
import { messages, scanner, unambiguous } from './decoders/json.ts'
import { logins } from './decoders/logins.ts'
import { SECRET } from './draw/tokens.ts'
import type { Kind } from './kind.ts'
import { blind, mutate } from './mutate.ts'
import { FuzzedGateway } from './network/gateway.ts'
import { networkKinds } from './network/kinds.ts'
import { Neighbour } from './network/neighbour.ts'
import type { Options } from './options.ts'
import { Tally, type Failure } from './tally.ts'

const MIB = 1024 * 1024
const LANES = 48
const NEIGHBOUR_EVERY = 1_000
/** The part of a run after which memory is looked at for the first time. */
const EARLY = 0.25
/** By so much the memory in use may differ from then to the end. */
export const MAX_GROWTH_BYTES = 16 * MIB
const GOLDEN = 0x9e3779b1

export interface Outcome {
  readonly tally: Tally
  readonly seconds: number
  readonly grewBytes: number
  /** How often the neighbour was served, and how long that took at most. */
  readonly served: number
  readonly slowestMs: number
}

/** Runs until the inputs or the seconds are used up, or something has failed too often. */
export async function fuzz (options: Options, told: (failure: Failure) => void): Promise<Outcome> {
  const tally = new Tally(told)
  const overlooked = (reason: unknown): void => tally.failedWith('this process', reason)
  process.on('unhandledRejection', overlooked)
  const folder = mkdtempSync(join(tmpdir(), 'sluice-fuzz-'))
  const secretFile = join(folder, 'secret')
  writeFileSync(secretFile, SECRET)
  const broker = new DevKafka({ port: 0, retentionBytes: MIB })
  const gateway = await FuzzedGateway.start(await broker.listen(), secretFile)
  try {
    const kinds = [...networkKinds(gateway.host), scanner, messages, unambiguous, cursors, recordBatches, logins(secretFile)].filter(({ name }) => name.includes(options.kind))
    if (kinds.length === 0) throw new Error(`there is no kind with ${options.kind} in its name`)
    return await new Run(kinds, gateway, tally, options).run(await Neighbour.enter(gateway.host))
  } finally {
    await gateway.stop()
    await broker.close()
    rmSync(folder, { recursive: true })
    process.off('unhandledRejection', overlooked)
  }
}

class Run {
  readonly #schedule: readonly Kind[]
  readonly #known: ReadonlyMap<Kind, Buffer[]>
  readonly #gateway: FuzzedGateway
  readonly #tally: Tally
  readonly #options: Options
  readonly #underWay = new Set<Buffer>()
  #next = 0

  constructor (kinds: readonly Kind[], gateway: FuzzedGateway, tally: Tally, options: Options) {
    this.#schedule = spread(kinds)
    this.#known = new Map(kinds.map((kind) => [kind, corpusOf(kind.name)]))
    this.#gateway = gateway
    this.#tally = tally
    this.#options = options
  }

  async run (neighbour: Neighbour): Promise<Outcome> {
    const { seconds, inputs, hex } = this.#options
    const begun = performance.now()
    let serving = neighbour.isServed()
    const lanes = async (part: number): Promise<void> => {
      const isOver = (): boolean => this.#next >= inputs * part || performance.now() - begun >= seconds * 1000 * part || this.#tally.failures.size > LANES || !this.#gateway.lives
      await Promise.all(Array.from({ length: LANES }, () => this.#lane(isOver, () => {
        serving = serving.then(async () => { await neighbour.isServed() })
        serving.catch(() => {}) // it is awaited below
      })))
    }
    await this.#replay(hex)
    if (hex === undefined) await lanes(EARLY)
    const early = this.#gateway.lives ? await this.#gateway.bytes() : 0
    if (hex === undefined) await lanes(1)
    await serving.catch((error: unknown) => this.#tally.failedWith('the good neighbour', error))
    const grewBytes = this.#gateway.lives ? await this.#gateway.bytes() - early : 0
    if (grewBytes > MAX_GROWTH_BYTES) this.#tally.failedWith('memory', `it grew by ${(grewBytes / MIB).toFixed(1)} MiB behind the first quarter`)
    await setImmediate()
    this.#takeFaults()
    return { tally: this.#tally, seconds: (performance.now() - begun) / 1000, grewBytes, served: neighbour.served, slowestMs: neighbour.slowestMs }
  }

  /** What was of interest once comes first, or one input alone. */
  async #replay (hex: string | undefined): Promise<void> {
    for (const [kind, inputs] of this.#known) {
      for (const input of hex === undefined ? inputs : [Buffer.from(hex, 'hex')]) await this.#one(kind, input)
    }
  }

  async #lane (isOver: () => boolean, serve: () => void): Promise<void> {
    while (!isOver()) {
      const n = this.#next++
      if (n % NEIGHBOUR_EVERY === 0) serve()
      const kind = this.#schedule[n % this.#schedule.length] as Kind
      const checked = this.#one(kind, this.#draw(kind, new Random(Math.imul(this.#options.seed, GOLDEN) + n)))
      if (checked !== undefined) await checked
    }
  }

  #draw (kind: Kind, random: Random): Buffer {
    const known = this.#known.get(kind) as Buffer[]
    const dice = random.next()
    if (dice < 0.1) return blind(random)
    const input = dice < 0.25 && known.length > 0 ? random.pick(known) : kind.draw(random)
    return random.chance(0.5) ? mutate(input, random) : input
  }

  /** Nothing to wait for where a decoder was asked: those are many. */
  #one (kind: Kind, input: Buffer): Promise<void> | undefined {
    this.#tally.tried(kind.name)
    try {
      const checked = kind.check(input)
      if (checked === undefined) return undefined
      this.#underWay.add(input)
      return checked.catch((error: unknown) => this.#tally.failedWith(kind.name, error, input)).finally(() => {
        this.#takeFaults()
        this.#underWay.delete(input)
      })
    } catch (error) {
      this.#tally.failedWith(kind.name, error, input)
      return undefined
    }
  }

  #takeFaults (): void {
    for (const fault of this.#gateway.takeFaults()) {
      this.#tally.failedWith('the gateway', `${fault}\n  while these were under way: ${[...this.#underWay].map((input) => input.toString('hex').slice(0, 2_000)).join(' ')}`)
    }
  }
}

/** Each kind as often as its share says, and not all at once. */
function spread (kinds: readonly Kind[]): Kind[] {
  const places = kinds.flatMap((kind) => Array.from({ length: kind.share }, (_, n) => ({ kind, at: (n + 0.5) / kind.share })))
  return places.sort((a, b) => a.at - b.at).map(({ kind }) => kind)
}
