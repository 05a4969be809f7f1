import type { Watching } from '../session/context.ts'
import type { Session } from '../session/session.ts'
import type { RecordView } from '../wire/record-view.ts'
import { Delivery } from './delivery.ts'

const ALL = '*'

/** Follows the uplink; what it gives stops the following. */
export type Follow = (record: (partition: number, record: RecordView) => void) => Promise<() => void>

/** Sockets that follow other devices' uplink. The topic is read only while there is one. */
export class Watchers implements Watching {
  #byDevice = new Map<string, Set<Session>>()
  #watched = new Map<Session, Set<string>>()
  #follow: Follow
  #following: Promise<() => void> | undefined

  constructor (follow: Follow) {
    this.#follow = follow
  }

  async watch (session: Session, device: string): Promise<readonly string[]> {
    this.add(session, device)
    await this.#following
    return this.watched(session)
  }

  add (session: Session, device: string): void {
    getOrAdd(this.#watched, session).add(device)
    getOrAdd(this.#byDevice, device).add(session)
    this.#following ??= this.#start()
  }

  /** A following that was stopped may still have an answer under way, which the one after it brings too. */
  #start (): Promise<() => void> {
    const following = this.#follow((_partition, record) => { if (this.#following === following) this.#deliver(record) })
    following.catch(() => {}) // whoever waits for it hears
    return following
  }

  unwatch (session: Session, device: string): readonly string[] {
    const watched = this.#watched.get(session)
    if (watched?.delete(device) === true) this.#leave(session, device)
    if (watched?.size === 0) this.#forgetEmpty(session)
    return [...watched ?? []]
  }

  watched (session: Session): readonly string[] { return [...this.#watched.get(session) ?? []] }

  forget (session: Session): void {
    const watched = this.#watched.get(session)
    if (watched === undefined) return
    for (const device of watched) this.#leave(session, device)
    this.#forgetEmpty(session)
  }

  #leave (session: Session, device: string): void {
    const sessions = this.#byDevice.get(device)
    sessions?.delete(session)
    if (sessions?.size === 0) this.#byDevice.delete(device)
  }

  #forgetEmpty (session: Session): void {
    this.#watched.delete(session)
    if (this.#watched.size > 0) return
    void this.#following?.then((stop) => stop(), () => {}) // one that failed has nothing to stop
    this.#following = undefined
  }

  #deliver (record: RecordView): void {
    if (record.keyLength <= 0) return
    const device = record.asciiKey()
    const some = this.#byDevice.get(device)
    const all = this.#byDevice.get(ALL)
    if (some === undefined && all === undefined) return
    const frame = new Delivery(record, { device }).message()
    for (const session of all ?? []) session.send(frame)
    for (const session of some ?? []) if (all?.has(session) !== true) session.send(frame)
  }
}

function getOrAdd<K, V> (map: Map<K, Set<V>>, key: K): Set<V> {
  const there = map.get(key)
  if (there !== undefined) return there
  const added = new Set<V>()
  map.set(key, added)
  return added
}
