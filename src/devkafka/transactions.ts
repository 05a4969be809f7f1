import { ErrorCode } from '../wire/errors.ts'
import type { Committed, Groups } from './groups.ts'
import type { Partition } from './partition.ts'

const LAST_EPOCH = 32_767

export interface Identity { readonly producerId: number, readonly producerEpoch: number }

interface Transaction {
  producerId: number
  producerEpoch: number
  readonly timeoutMs: number
  readonly partitions: Set<Partition>
  /** Group offsets that count when the transaction commits. */
  readonly offsets: Array<{ group: string, topic: string, partition: number, committed: Committed }>
  deadline?: NodeJS.Timeout
}

/** Hands out producer ids, and is the coordinator of every transactional id. */
export class Transactions {
  readonly #groups: Groups
  readonly #byId = new Map<string, Transaction>()
  readonly #byProducer = new Map<number, Transaction>()
  /** Begins at the clock, so that a broker that starts again hands out no id twice: partitions remember sequences by it. */
  #nextProducerId = Date.now() * 1000

  constructor (groups: Groups) { this.#groups = groups }

  /** An idempotent producer's identity, or a transactional one's, which ends what the one before it left open. */
  init (transactionalId: string | null, timeoutMs: number): Identity {
    const before = transactionalId === null ? undefined : this.#byId.get(transactionalId)
    if (before !== undefined) this.#fence(before)
    const fresh = before === undefined || before.producerEpoch === LAST_EPOCH
    const identity = fresh
      ? { producerId: this.#nextProducerId++, producerEpoch: 0 }
      : { producerId: before.producerId, producerEpoch: before.producerEpoch }
    if (transactionalId !== null) {
      const transaction = { ...identity, timeoutMs, partitions: new Set<Partition>(), offsets: [] }
      this.#byId.set(transactionalId, transaction)
      this.#byProducer.set(identity.producerId, transaction)
    }
    return identity
  }

  addPartition (id: string, identity: Identity, partition: Partition): number {
    return this.#within(id, identity, (transaction) => { transaction.partitions.add(partition) })
  }

  /** Announces that offsets will come; they bring their group along themselves. */
  begin (id: string, identity: Identity): number {
    return this.#within(id, identity, () => {})
  }

  addOffset (id: string, identity: Identity, group: string, topic: string, partition: number, committed: Committed): number {
    return this.#within(id, identity, ({ offsets }) => { offsets.push({ group, topic, partition, committed }) })
  }

  end (id: string, identity: Identity, commit: boolean): number {
    return this.#within(id, identity, (transaction) => this.#end(transaction, commit))
  }

  /** The code with which a transactional batch of this producer for this partition is refused, or NONE. */
  writeError ({ producerId, producerEpoch }: Identity, partition: Partition): number {
    const transaction = this.#byProducer.get(producerId)
    if (transaction === undefined) return ErrorCode.INVALID_PRODUCER_ID_MAPPING
    if (transaction.producerEpoch !== producerEpoch) return ErrorCode.INVALID_PRODUCER_EPOCH
    return transaction.partitions.has(partition) ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE
  }

  close (): void { for (const { deadline } of this.#byId.values()) clearTimeout(deadline) }

  #within (id: string, { producerId, producerEpoch }: Identity, act: (transaction: Transaction) => void): number {
    const transaction = this.#byId.get(id)
    if (transaction?.producerId !== producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING
    if (transaction.producerEpoch !== producerEpoch) return ErrorCode.INVALID_PRODUCER_EPOCH
    transaction.deadline ??= setTimeout(() => this.#fence(transaction), transaction.timeoutMs)
    act(transaction)
    return ErrorCode.NONE
  }

  /** Aborts under a raised epoch, so that whoever still writes under the old one is refused. */
  #fence (transaction: Transaction): void {
    transaction.producerEpoch = Math.min(LAST_EPOCH, transaction.producerEpoch + 1)
    this.#end(transaction, false)
  }

  #end (transaction: Transaction, commit: boolean): void {
    clearTimeout(transaction.deadline)
    delete transaction.deadline
    for (const partition of transaction.partitions) {
      if (!partition.deleted) partition.mark(transaction.producerId, transaction.producerEpoch, commit)
    }
    transaction.partitions.clear()
    for (const { group, topic, partition, committed } of transaction.offsets.splice(0)) {
      if (commit) this.#groups.get(group).commit(topic, partition, committed)
    }
  }
}
