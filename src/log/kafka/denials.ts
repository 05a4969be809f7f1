import type { Stall } from '../log.ts'

/** What Kafka calls it, and kafka-acls. */
export const OPERATIONS = { READ: 'Read', WRITE: 'Write', CREATE: 'Create', DESCRIBE: 'Describe', DESCRIBE_CONFIGS: 'DescribeConfigs', IDEMPOTENT_WRITE: 'IdempotentWrite' } as const
export type Operation = keyof typeof OPERATIONS

/** What the gateway must be allowed to do on a topic. */
export interface Need {
  readonly topic: string
  readonly operation: Operation
  /** What it is for: a part of a sentence. */
  readonly why: string
  /** Without it there is no start; else what it is for does not work. */
  readonly essential: boolean
}

/** The command that grants it. */
export function grant (principal: string, operation: Operation, topic: string | undefined, bootstrap = '…'): string {
  const resource = topic === undefined ? '--cluster' : `--topic ${topic}`
  return `kafka-acls --bootstrap-server ${bootstrap} --add --allow-principal ${quoted(principal)} --operation ${OPERATIONS[operation]} ${resource}`
}

/** For a shell. */
function quoted (text: string): string {
  return /^[\w:.@%+/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** `topic` is undefined where it is about the cluster. */
interface Denial { readonly operation: Operation, readonly topic: string | undefined }

/** What Kafka does not let the gateway do at present. Each is told once, until Kafka lets it again. */
export class Denials {
  #principal: () => string
  #tell: (sentence: string) => void
  #denied = new Map<string, Denial>()
  #refusal = ''

  constructor (principal: () => string, tell: (sentence: string) => void) {
    this.#principal = principal
    this.#tell = tell
  }

  get principal (): string { return this.#principal() }

  lacks (operation: Operation, topic: string | undefined): string {
    return `principal ${this.#principal()} lacks ${operation} on ${topic === undefined ? 'the cluster' : `topic ${topic}`}`
  }

  grant (operation: Operation, topic: string | undefined): string { return grant(this.#principal(), operation, topic) }

  denied (operation: Operation, topic: string | undefined): void {
    const key = `${operation} ${topic}`
    if (this.#denied.has(key)) return
    this.#denied.set(key, { operation, topic })
    this.#tell(`Kafka does not let this gateway go on: ${this.lacks(operation, topic)}. Run: ${this.grant(operation, topic)}`)
  }

  /** It was done. Called for each batch, so it costs nothing while nothing is denied. */
  granted (operation: Operation, topic: string): void {
    if (this.#denied.size === 0) return
    if (!this.#denied.delete(`${operation} ${topic}`)) return
    this.#denied.delete(`DESCRIBE ${topic}`) // nobody could do it without
    this.#denied.delete('IDEMPOTENT_WRITE undefined')
    this.#tell(`Kafka lets this gateway go on: principal ${this.#principal()} has ${operation} on topic ${topic}.`)
  }

  /** A connection came to be; or none does, and why. */
  letIn (sentence = ''): void {
    if (this.#refusal === sentence) return
    this.#refusal = sentence
    this.#tell(sentence === '' ? 'Kafka lets this gateway in again.' : sentence)
  }

  /** A partition that is not read; marked where that is not allowed. */
  marked (stall: Stall): Stall {
    const isDenied = [...this.#denied.values()].some(({ topic, operation }) => topic === stall.topic && operation !== 'WRITE')
    return isDenied ? { ...stall, reason: `${stall.topic}/${stall.partition} is not read: ${NOT_ALLOWED}`, isDenied } : stall
  }

  /** The topics that nothing can be written to: nothing waits for them, since each publish is refused. */
  get stalls (): Stall[] {
    return [...this.#denied.values()].filter(({ operation }) => operation === 'WRITE' || operation === 'IDEMPOTENT_WRITE').map(({ topic = '' }) =>
      ({ topic, partition: ALL, reason: `${topic === '' ? 'nothing is' : `${topic} is not`} written: ${NOT_ALLOWED}`, isDenied: true }))
  }
}

/** All that anybody outside hears of it; the log says who lacks what. */
const NOT_ALLOWED = 'Kafka does not allow it'
/** In place of a partition. */
const ALL = -1
