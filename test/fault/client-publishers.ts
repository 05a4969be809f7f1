import type { Client } from '../../src/client/client.ts'
import type { StoredRecord } from '../flow/kafka.ts'
import { Waiting } from '../log/given.ts'

/** A program that publishes 1, 2, 3 … without pause, some at a time, whatever becomes of the connection. */
export class ClientPublisher extends Waiting {
  readonly client: Client
  published = 0
  readonly acked: Array<{ id: number, data: number }> = []
  readonly failed: unknown[] = []
  #stopped = false
  #ended: Promise<unknown>

  constructor (client: Client, window: number) {
    super()
    this.client = client
    this.#ended = Promise.all(Array.from({ length: window }, () => this.#run()))
  }

  async #run (): Promise<void> {
    while (!this.#stopped) {
      const data = ++this.published
      try {
        const { id } = await this.client.publish(data)
        this.acked.push({ id, data })
        this.changed()
      } catch (error) {
        this.failed.push(error)
        this.changed()
        return
      }
    }
  }

  /** Resolves when so many more have been acked; throws when one has failed. */
  async acks (more: number): Promise<void> {
    const goal = this.acked.length + more
    await this.until(() => this.failed.length > 0 || this.acked.length >= goal)
    if (this.failed.length > 0) throw this.failed[0]
  }

  /** Publishes nothing more, and resolves when everything has ended. */
  async stop (): Promise<void> {
    this.#stopped = true
    await this.#ended
  }
}

/** What a reader of the topic keeps of one session: ids that are above all before them. */
export function withoutRepeats (records: readonly StoredRecord[], session: string): Array<{ id: number, data: number }> {
  let highest = 0
  return records.flatMap(({ headers, value }) => {
    const [from, id] = String(headers['sluice-id']).split(':') as [string, string]
    if (from !== session || Number(id) <= highest) return []
    highest = Number(id)
    return [{ id: highest, data: Number(value) }]
  })
}

/** 1, 2, 3 … as a publisher's records without repeats have to be. */
export function oneTo (count: number): number[] {
  return Array.from({ length: count }, (_, n) => n + 1)
}
