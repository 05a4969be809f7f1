import { randomBytes } from 'node:crypto'
import type { Access } from './access/access.ts'
import type { Handshake } from './access/handshake.ts'
import type { Grants } from './access/policy.ts'
import type { Settings } from './config/index.ts'
import { pause, type Clock } from './clock.ts'
import { Hub } from './hub/hub.ts'
import { Live } from './hub/live.ts'
import { Losses, type Notices } from './hub/losses.ts'
import { Stalls } from './hub/stalls.ts'
import { UplinkFeed } from './hub/uplink-feed.ts'
import { Watchers } from './hub/watchers.ts'
import { Logins } from './limits/logins.ts'
import type { Quotas } from './limits/quotas.ts'
import { Rates } from './limits/rates.ts'
import { Seats } from './limits/seats.ts'
import type { Health, Log } from './log/log.ts'
import type { Storage } from './protocol/encode.ts'
import { parseCursor } from './protocol/cursor.ts'
import type { Since } from './protocol/since.ts'
import { Positions } from './positions/positions.ts'
import { Problem } from './protocol/problem.ts'
import { Reader } from './reader/reader.ts'
import { Revocations } from './revocations/revocations.ts'
import type { Context, Observer } from './session/context.ts'
import { Expiry } from './session/expiry.ts'
import { Heartbeat } from './session/heartbeat.ts'
import type { Opening } from './session/opening.ts'
import type { Peer } from './session/peer.ts'
import { Session } from './session/session.ts'
import { Turn } from './session/turn.ts'

const LIVE = { kind: 'live' } as const
const INSTANCE_BYTES = 9
/** Those who are sent away come back spread over so long, so that the next instance is not met by all at once. */
const COME_BACK_MS = 5_000
/** Revocations that come within so long cost one look at all sockets. */
const REVOKE_MS = 100

/** The gateway itself: sessions on one side, the log on the other. It knows neither HTTP nor sockets. */
export class Gateway {
  readonly hub: Hub
  readonly log: Log
  readonly settings: Settings
  readonly access: Access
  readonly revocations: Revocations
  /** The classes of rates. */
  readonly quotas: Quotas
  readonly seats: Seats
  #clock: Clock
  #notices: Notices
  #logins: Logins
  #context: Context | undefined
  #heartbeat: Heartbeat
  #expiry: Expiry
  #reader: Reader
  #positions: Positions
  #stalls: Stalls
  #losses: Losses
  #uplinkFeed: UplinkFeed
  #state: 'starting' | 'serving' | 'draining' = 'starting'
  #closing = new AbortController()
  #cancelRevoke: (() => void) | undefined

  constructor (settings: Settings, log: Log, clock: Clock, notices: Notices, access: Access, quotas: Quotas) {
    this.settings = settings
    this.access = access
    this.quotas = quotas
    this.log = log
    this.#clock = clock
    this.#logins = new Logins(settings.auth, clock)
    this.#notices = notices
    this.#heartbeat = new Heartbeat(clock, settings.ws.heartbeatMs)
    this.#expiry = new Expiry(clock)
    const { topics, downlink: { partitioner }, history } = settings
    this.hub = new Hub(clock, ({ device, partition }) => notices.warn({ device, partition },
      `A downlink record for ${device} lies in partition ${partition}, which is not its home by downlink.partitioner=${partitioner}. ` +
      'It was delivered, but a device that was away would have missed it. Set the producer\'s partitioner to murmur2 ' +
      '(librdkafka: partitioner=murmur2_random), or downlink.partitioner to what its producers do.'))
    this.seats = new Seats(settings.ws, this.hub)
    this.#losses = new Losses(notices)
    this.#uplinkFeed = new UplinkFeed(log, clock, topics.uplink, this.#losses)
    this.#reader = new Reader(log, clock, { topic: topics.downlink, partitioner, historyBytes: history.bytes }, new Live(topics.downlink, this.hub, this.#losses))
    this.#reader.onRehome = () => { for (const session of this.hub.sessions()) session.downlink.following.rehome() }
    this.#positions = new Positions({
      ...settings.positions, log, clock, topic: topics.positions, instance: randomBytes(INSTANCE_BYTES).toString('base64url'), warn: (facts, sentence) => notices.warn(facts, sentence)
    })
    this.revocations = new Revocations({
      ...settings.revocations, log, clock, topic: topics.revocations, revoked: () => this.#revokeSoon(), kicked: (device) => this.#kick(device), warn: (facts, sentence) => notices.warn(facts, sentence)
    })
    this.#stalls = new Stalls(clock, this.hub, log, topics)
  }

  /** Opens the log and pins the ends of the downlink: what is stored from then on reaches the sockets that are let in. */
  async start (storage: Storage, observer: Observer): Promise<void> {
    const { topics, ws, uplink } = this.settings
    await this.log.open()
    this.#context = {
      uplink: this.log.topic(topics.uplink),
      follow: (session) => this.#reader.follow(session),
      watchers: new Watchers(this.#uplinkFeed.follow),
      rates: new Rates(this.quotas, this.#clock, () => observer.limited('rate')),
      clock: this.#clock,
      turn: new Turn(this.#clock),
      expiry: this.#expiry,
      identify: (token, { address, origin, device }) => this.identify({ address, origin, device, token }, false),
      limits: { ...ws, inFlight: uplink.inFlight },
      storage,
      observer
    }
    await Promise.all([this.#reader.start(), this.#positions.start(), this.revocations.start()])
    if (!this.#reader.givesCursors) {
      this.#notices.warn({ topic: topics.downlink }, `${topics.downlink} has too many partitions for cursors that name them all, as downlink.partitioner=any wants them. ` +
        'Devices get none, and positions do not move. Set downlink.partitioner to what the producers do.')
    }
    this.hub.onDelay = observer.delivered
    this.#heartbeat.start()
    this.#expiry.start()
    this.#stalls.start()
    this.#state = 'serving'
  }

  get state (): 'starting' | 'serving' | 'draining' { return this.#state }

  now (): number { return this.#clock.now() }

  health (): Health { return this.log.health() }

  /** Who comes, and what they may do. Throws a `Problem`. `mayBeNobody`: whether this caller may come without credentials. */
  async identify (handshake: Handshake, mayBeNobody: boolean): Promise<Grants> {
    const { address, token, certificate } = handshake
    const identity = await this.#logins.run(address, token ?? (certificate && `certificate ${certificate.fingerprint}`), async (ask) => {
      const found = await this.access.identify(handshake, mayBeNobody, ask)
      if (found.expiresMs !== undefined && found.expiresMs <= this.#clock.now()) throw new Problem('bad-credentials', 'Your credentials have expired.')
      if (this.revocations.has(found, handshake.device ?? found.as)) throw new Problem('bad-credentials', 'What you show, or the access of that device, has been revoked.')
      return found
    })
    return this.access.policy.grants(identity)
  }

  /** Something failed that no code foresaw. */
  failed (error: unknown): void {
    this.#notices.warn({ err: error }, 'A frame could not be handled; its socket was closed.')
  }

  /** Records that could not be decoded, since the start. */
  get undecodable (): number { return this.#losses.undecodable }

  /** Records of the downlink that were not handed on yet, by partition. */
  get lag (): number[] { return this.#reader.lag }

  /** Names under which a position is held. */
  get positions (): number { return this.#positions.size }

  /** Bytes of the downlink that were read from Kafka again, for devices that came back. */
  get catchupBytes (): number { return this.#reader.fetchedBytes }

  /** The requests for them. */
  get catchupFetches (): number { return this.#reader.fetches }

  /** The downlink's partition for a device's records. */
  placeOf (key: Buffer): number { return this.#reader.placeOf(key) }

  /** Only when started. What it gives must be called when the socket has ended. */
  connect (peer: Peer, opening: Opening): { session: Session, ended: () => void } {
    const session = new Session(this.#context as Context, peer, opening)
    if (this.settings.ws.multiple === 'newest') for (const older of this.hub.sessionsOf(opening.device)) older.close('replaced')
    this.hub.add(session)
    this.seats.take(opening.address)
    const stopBeating = this.#heartbeat.add(session)
    this.#expiry.add(session)
    session.greet(this.#begin(session, opening))
    this.#stalls.tell(session)
    if (this.#state === 'draining') this.#sendAway(session) // it was let in a moment before
    this.#revoke(session) // and so may this have been
    if (this.seats.refusal(opening.device, opening.address, 1) !== undefined) session.close('too-many-sockets') // several were, at the same moment
    const ended = (): void => {
      stopBeating()
      this.#expiry.remove(session)
      this.hub.remove(session)
      this.seats.leave(opening.address)
      session.ended()
    }
    return { session, ended }
  }

  /** Where its downlink begins: what it asked for, or the position that is held for it. */
  #begin (session: Session, { device, since = LIVE, resume }: Opening): Since | Promise<Since> {
    if (resume === undefined) return since
    const claim = this.#positions.claim(device, resume, () => session.close('name-taken'))
    const here = session.downlink.following.cursor()
    session.downlink.hold(claim)
    return claim.ready.then((text) => {
      const cursor = text === undefined ? undefined : parseCursor(text)
      if (cursor !== undefined) return { kind: 'cursor', cursor }
      if (here !== undefined) claim.received(here) // the first time: from here on nothing is left out
      return LIVE
    })
  }

  /** Whether a position may be held under that name. */
  hasRoomFor (device: string, name: string): boolean { return this.#positions.hasRoom(device, name) }

  #revokeSoon (): void {
    this.#cancelRevoke ??= this.#clock.after(REVOKE_MS, () => {
      this.#cancelRevoke = undefined
      for (const session of [...this.hub.sessions()]) this.#revoke(session)
    })
  }

  #revoke (session: Session): void {
    if (this.revocations.has(session.grants.identity, session.device)) session.close('revoked')
  }

  #kick (device: string): void {
    for (const session of this.hub.get(device)?.sessions ?? []) session.close('kicked')
  }

  /** From now on nobody is let in; what is in flight is finished, those who are here are sent away, and the log is closed. */
  async stop (): Promise<void> {
    this.#state = 'draining'
    this.#heartbeat.stop()
    this.#expiry.stop()
    this.#stalls.stop()
    const untilMs = this.#clock.elapsed() + this.settings.drainMs
    for (const session of this.hub.sessions()) session.hush()
    await Promise.race([this.log.flush(), pause(this.#clock, this.settings.drainMs, this.#closing.signal)])
    for (const session of [...this.hub.sessions()]) this.#sendAway(session)
    await this.#positions.stop(Math.max(0, untilMs - this.#clock.elapsed()))
    this.#closing.abort()
    this.#cancelRevoke?.()
    this.revocations.stop()
    this.#uplinkFeed.close()
    this.#reader.close()
    await this.log.close()
  }

  #sendAway (session: Session): void {
    session.close('draining', undefined, Math.round(Math.random() * COME_BACK_MS))
  }
}
