import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { apis } from './apis/index.ts'
import type { Host } from './connection.ts'
import { serve } from './connection.ts'
import { Faults } from './faults.ts'
import { openFolder } from './folder.ts'
import { Groups } from './groups.ts'
import { memoryStorage } from './storage.ts'
import type { Storage } from './storage.ts'
import { Topics } from './topics.ts'
import { Transactions } from './transactions.ts'

const MIB = 1024 * 1024

export interface DevKafkaOptions {
  readonly host?: string
  /** 0 takes a free one. */
  readonly port?: number
  /** Of a topic that is created without saying how many. */
  readonly partitions?: number
  /** Whether asking for an unknown topic creates it. */
  readonly autoCreate?: boolean
  /** Where records are kept. In memory without it. */
  readonly dir?: string
  /** Per partition: 16 MiB in memory, 1 GiB in a folder, unless said. */
  readonly retentionBytes?: number
  readonly log?: (sentence: string) => void
}

/**
 * A Kafka broker of one node in this process, for trying out and for tests. It speaks Kafka's protocol over TCP, the older
 * (non-flexible) versions of the APIs in `apis/`. Production is Apache Kafka.
 *
 * In memory, or with `dir` on disk: then an acked record survives the end of the process by any signal, but is not
 * synced to the disk, so a power failure may take the last ones. Offsets of consumer groups are in memory either way.
 */
export class DevKafka {
  /** What tests ask it to do wrong. */
  readonly faults = new Faults()
  readonly topics: Topics
  readonly #options: DevKafkaOptions
  readonly #storage: Storage
  readonly #groups = new Groups()
  readonly #transactions = new Transactions(this.#groups)
  readonly #sockets = new Set<Socket>()
  readonly #server: Server
  readonly #said = new Set<string>()
  #running = Promise.resolve()
  #closed: Promise<void> | undefined
  #resume = (): void => {}

  /** Throws if the folder is another process's, or cannot be written. */
  constructor (options: DevKafkaOptions = {}) {
    this.#options = options
    const say = options.log ?? (() => {})
    this.#storage = options.dir === undefined
      ? memoryStorage(randomBytes(16).toString('base64url'), options.retentionBytes ?? 16 * MIB)
      : openFolder(options.dir, options.retentionBytes ?? 1024 * MIB, say)
    this.topics = new Topics(this.#storage, options.partitions ?? 6)
    const aborted = this.topics.abortOpen()
    if (aborted > 0) say(`${aborted} open transactions were aborted.`)
    this.#server = createServer((socket) => this.#accept(socket))
  }

  get clusterId (): string { return this.#storage.clusterId }

  /** Resolves to host:port; rejects with Node's error, as with EADDRINUSE if the port is taken. */
  async listen (): Promise<string> {
    const { host = '127.0.0.1', port = 0 } = this.#options
    this.#server.listen(port, host)
    await once(this.#server, 'listening')
    return `${host}:${(this.#server.address() as AddressInfo).port}`
  }

  /** Answers nobody until `resume()`; connections stay open and new ones are accepted, as when a process is stopped. */
  pause (): void {
    this.#running = new Promise((resolve) => { this.#resume = resolve })
  }

  resume (): void { this.#resume() }

  /** Ends every connection and lets go of the folder. */
  close (): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close (): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    if (this.#server.listening) {
      this.#server.close()
      await once(this.#server, 'close')
    }
    this.#groups.close()
    this.#transactions.close()
    this.topics.close()
    this.#storage.close()
  }

  #accept (socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    serve(socket, this.#host()).catch((error: unknown) => {
      if (!isHangUp(error)) this.#sayOnce(`A connection was cut: ${String(error)}`)
    })
  }

  #host (): Host {
    return {
      id: this.#storage.clusterId,
      apis,
      topics: this.topics,
      groups: this.#groups,
      transactions: this.#transactions,
      autoCreate: this.#options.autoCreate ?? false,
      faults: this.faults,
      running: () => this.#running,
      sayOnce: (sentence) => this.#sayOnce(sentence)
    }
  }

  #sayOnce (sentence: string): void {
    if (this.#said.has(sentence)) return
    this.#said.add(sentence)
    this.#options.log?.(sentence)
  }
}

/** Whether the client went away, which clients do. */
function isHangUp (error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(ABORT_ERR|ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE)$/.test(String(error.code))
}
