import { randomUUID } from 'node:crypto'
import { ErrorCode } from '../wire/errors.ts'
import type { Committed } from './groups.ts'

export interface Protocol { readonly name: string, readonly metadata: Buffer }

export interface Joining {
  readonly memberId: string
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  readonly protocols: Protocol[]
}

export interface Joined {
  readonly error: number
  readonly generation: number
  readonly protocol: string
  readonly leader: string
  readonly memberId: string
  /** Everybody, for the leader; nobody, for the others. */
  readonly members: Array<{ readonly id: string, readonly metadata: Buffer }>
}

export interface Synced { readonly error: number, readonly assignment: Buffer }

export interface Described { readonly id: string, readonly clientId: string, readonly clientHost: string, readonly metadata: Buffer, readonly assignment: Buffer }

interface Member {
  readonly id: string
  joining: Joining
  assignment: Buffer
  lease?: NodeJS.Timeout
  synced?: (synced: Synced) => void
}

const NOTHING = Buffer.alloc(0)

/** A classic consumer group. A join lasts until all known members have joined again, or the rebalance deadline passes. */
export class Group {
  readonly offsets = new Map<string, Map<number, Committed>>()
  readonly #members = new Map<string, Member>()
  /** Those whose join waits for an answer. */
  readonly #joining = new Map<Member, (joined: Joined) => void>()
  #generation = 0
  #state: 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' = 'Empty'
  #deadline: NodeJS.Timeout | undefined
  protocolType = ''
  protocol = ''

  get state (): string { return this.#state }
  get size (): number { return this.#members.size }

  get described (): Described[] {
    return this.#all.map(({ id, joining, assignment }) => {
      const { clientId, clientHost } = joining
      return { id, clientId, clientHost, metadata: this.#metadataOf(joining), assignment }
    })
  }

  join (joining: Joining): Promise<Joined> | Joined {
    const id = joining.memberId === '' ? `${joining.clientId}-${randomUUID()}` : joining.memberId
    const known = this.#members.get(id)
    if (joining.memberId !== '' && known === undefined) return refusal(ErrorCode.UNKNOWN_MEMBER_ID, id)
    const others = this.#all.filter((member) => member !== known)
    if (commonProtocol([joining, ...others.map((member) => member.joining)]) === undefined) {
      return refusal(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, id)
    }
    const member: Member = known ?? { id, joining, assignment: NOTHING }
    member.joining = joining
    this.protocolType = joining.protocolType
    this.#members.set(id, member)
    clearTimeout(member.lease)
    return new Promise((resolve) => {
      this.#joining.set(member, resolve)
      this.#prepareRebalance(joining.rebalanceTimeoutMs)
      this.#rebalanceIfComplete()
    })
  }

  /** The leader brings what it assigned; the others wait for it. */
  sync (memberId: string, generation: number, assignments: ReadonlyMap<string, Buffer>): Promise<Synced> | Synced {
    const member = this.#members.get(memberId)
    const error = this.heartbeat(memberId, generation)
    if (member === undefined || error !== ErrorCode.NONE) return { error, assignment: NOTHING }
    if (this.#state === 'Stable') return { error, assignment: member.assignment }
    const waiting = new Promise<Synced>((resolve) => { member.synced = resolve })
    if (member === this.#all[0]) this.#assign(assignments)
    return waiting
  }

  heartbeat (memberId: string, generation: number): number {
    const error = this.memberError(memberId, generation)
    if (error === ErrorCode.NONE) this.#renewLease(this.#members.get(memberId) as Member)
    return error === ErrorCode.NONE && this.#state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : error
  }

  memberError (memberId: string, generation: number): number {
    if (!this.#members.has(memberId)) return ErrorCode.UNKNOWN_MEMBER_ID
    return generation === this.#generation ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION
  }

  leave (memberId: string): number {
    const member = this.#members.get(memberId)
    if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
    this.#expel(member)
    this.#prepareRebalance(member.joining.rebalanceTimeoutMs)
    this.#rebalanceIfComplete()
    return ErrorCode.NONE
  }

  commit (topic: string, partition: number, committed: Committed): void {
    const offsets = this.offsets.get(topic) ?? new Map<number, Committed>()
    this.offsets.set(topic, offsets.set(partition, committed))
  }

  close (): void {
    clearTimeout(this.#deadline)
    for (const { lease } of this.#members.values()) clearTimeout(lease)
  }

  get #all (): Member[] { return [...this.#members.values()] }

  #renewLease (member: Member): void {
    clearTimeout(member.lease)
    member.lease = setTimeout(() => this.leave(member.id), member.joining.sessionTimeoutMs)
  }

  #prepareRebalance (timeoutMs: number): void {
    if (this.#state === 'PreparingRebalance') return
    this.#state = 'PreparingRebalance'
    this.#answerSyncs(ErrorCode.REBALANCE_IN_PROGRESS)
    this.#deadline = setTimeout(() => this.#rebalance(), timeoutMs)
  }

  #rebalanceIfComplete (): void {
    if (this.#joining.size === this.#members.size) this.#rebalance()
  }

  /** Begins a generation with those who joined. */
  #rebalance (): void {
    clearTimeout(this.#deadline)
    for (const member of this.#all) if (!this.#joining.has(member)) this.#expel(member)
    this.#generation += 1
    this.#state = this.#members.size === 0 ? 'Empty' : 'CompletingRebalance'
    this.protocol = commonProtocol(this.#all.map((member) => member.joining)) ?? ''
    const [leader = ''] = this.#members.keys()
    const members = this.#all.map(({ id, joining }) => ({ id, metadata: this.#metadataOf(joining) }))
    for (const [member, answer] of this.#joining) {
      this.#renewLease(member)
      const { id } = member
      answer({ error: ErrorCode.NONE, generation: this.#generation, protocol: this.protocol, leader, memberId: id, members: id === leader ? members : [] })
    }
    this.#joining.clear()
  }

  #metadataOf ({ protocols }: Joining): Buffer {
    return protocols.find(({ name }) => name === this.protocol)?.metadata ?? NOTHING
  }

  #expel (member: Member): void {
    clearTimeout(member.lease)
    this.#members.delete(member.id)
    this.#joining.delete(member)
  }

  #assign (assignments: ReadonlyMap<string, Buffer>): void {
    this.#state = 'Stable'
    for (const member of this.#all) member.assignment = assignments.get(member.id) ?? NOTHING
    this.#answerSyncs(ErrorCode.NONE)
  }

  #answerSyncs (error: number): void {
    for (const member of this.#all) {
      member.synced?.({ error, assignment: member.assignment })
      delete member.synced
    }
  }
}

export function refusal (error: number, memberId: string): Joined {
  return { error, generation: -1, protocol: '', leader: '', memberId, members: [] }
}

/** The first protocol that every member speaks. */
function commonProtocol (members: Joining[]): string | undefined {
  const [first, ...others] = members
  return first?.protocols.find(({ name }) => others.every(({ protocols }) => protocols.some((other) => other.name === name)))?.name
}
