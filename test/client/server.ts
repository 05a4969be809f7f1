import type { FakeSocket } from './given.ts'

interface Accepted { id: number, data: unknown }

/** The gateway's rules for publishes, as docs/protocol.md has them, over wires on which frames stay until they are moved on. */
export class Server {
  /** What Kafka has, of all connections. */
  readonly log: Accepted[] = []
  /** What went wrong that never may. */
  readonly wrong: string[] = []
  readonly inFlight: number
  isFull = false
  #socket: FakeSocket
  #refusedForGood = new Set<number>()
  #read = 0
  #accepted: Accepted[] = []
  /** What is said, and how many publishes it answers. */
  #out: Array<{ frame: object, answers: number }> = []
  #answered = 0
  #lastId = 0
  #blockedId = 0

  constructor (socket: FakeSocket, inFlight: number) {
    this.#socket = socket
    this.inFlight = inFlight
  }

  /** A new connection: nothing of the last one counts, but Kafka. */
  serve (socket: FakeSocket): void {
    this.#socket = socket
    this.#read = this.#answered = this.#lastId = this.#blockedId = 0
    this.#accepted = []
    this.#out = []
  }

  /** Reads up to `count` frames that are on their way. */
  read (count = Infinity): void {
    const sent = this.#socket.sent.filter(({ type }) => type === 'publish') as Array<{ id: number, data: unknown }>
    for (const { id, data } of sent.slice(this.#read, this.#read + count)) {
      this.#read += 1
      if (this.#read - this.#answered > this.inFlight) this.wrong.push(`${this.#read - this.#answered} in flight`)
      this.#publish(id, data)
    }
  }

  #publish (id: number, data: unknown): void {
    if (id === this.#blockedId) this.#blockedId = 0
    else if (this.#blockedId !== 0 && id > this.#blockedId) return this.#refuse(id, 'earlier-refused', true)
    else if (id <= this.#lastId) {
      this.wrong.push(`${id} is sent after ${this.#lastId}`)
      return
    }
    this.#lastId = id
    if (this.isFull) this.#refuse(id, 'holding-full', true)
    else this.#accepted.push({ id, data })
  }

  #refuse (id: number, code: string, temporary: boolean): void {
    if (temporary && (this.#blockedId === 0 || id < this.#blockedId)) this.#blockedId = id
    const frame = { type: 'refused', id, code, message: '', temporary, outcome: code === 'outcome-unknown' ? 'unknown' : 'not-stored' }
    this.#out.push({ frame, answers: 1 })
  }

  /** Kafka stores the first of what was accepted. */
  store (count = Infinity): void {
    const [stored, never] = this.#split(this.#accepted.splice(0, count))
    for (const { id } of never) this.#refuse(id, 'record-too-large', false)
    this.log.push(...stored)
    const last = stored.at(-1)
    if (last === undefined) return
    this.#out.push({ frame: { type: 'ack', id: last.id, partition: 0, offset: this.log.length - 1 }, answers: stored.length })
  }

  /** Kafka is away for too long: all that was accepted is refused for now. It may have it all the same. */
  fail (isStored: boolean): void {
    const failed = this.#accepted.splice(0)
    if (isStored) this.log.push(...this.#split(failed)[0])
    for (const [n, { id }] of failed.entries()) this.#refuse(id, n === 0 ? 'outcome-unknown' : 'earlier-refused', true)
  }

  /** Kafka never takes the first of them, now or later. */
  reject (): void {
    const first = this.#accepted[0]
    if (first === undefined || this.log.some(({ id }) => id === first.id)) return
    this.#refusedForGood.add(first.id)
    this.store(1)
  }

  #split (accepted: Accepted[]): [Accepted[], Accepted[]] {
    return [accepted.filter(({ id }) => !this.#refusedForGood.has(id)), accepted.filter(({ id }) => this.#refusedForGood.has(id))]
  }

  /** The client hears the first of what was said. */
  tell (count = Infinity): void {
    for (const { frame, answers } of this.#out.splice(0, count)) {
      this.#answered += answers
      this.#socket.say(frame)
    }
  }
}

/** What a reader of the topic keeps: ids that are above all before them. */
export function withoutRepeats (log: ReadonlyArray<{ id: number, data: unknown }>): Array<{ id: number, data: unknown }> {
  let highest = 0
  return log.filter(({ id }) => {
    if (id <= highest) return false
    highest = id
    return true
  })
}
