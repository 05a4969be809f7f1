import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

interface Pair {
  readonly near: Socket
  readonly far: Socket
  /** Nothing passes any more, and nobody is told. */
  deaf: boolean
  /** Half of what comes next passes, and then nothing. */
  cutNext: boolean
}

/** A TCP proxy on which networks are bad: it cuts, in the middle of a frame too; goes deaf; is slow; loses and repeats, as TCP shows it. */
export class Proxy {
  /** Where what comes from now on goes; undefined: nobody is there. */
  target: number | undefined
  /** How many connections were ever let in. */
  connections = 0
  #server: Server
  #pairs = new Set<Pair>()
  /** Every chunk comes so much later. */
  delayMs = 0
  /** Every chunk is lost with that probability, and comes after `retransmitMs`; what is behind it waits. */
  loss = 0
  retransmitMs = 200
  #random: () => number

  constructor (random = Math.random) {
    this.#random = random
    this.#server = createServer((near) => this.#accept(near))
  }

  /** Resolves to its own port. */
  async listen (port = 0): Promise<number> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  cut (which = always): void { for (const pair of this.#pairs) if (which()) end(pair) }

  cutInMidFrame (which = always): void { for (const pair of this.#pairs) if (which()) pair.cutNext = true }

  /** Connections that are open now stay so, and nothing passes; new ones are well. */
  deafen (which = always): void { for (const pair of this.#pairs) if (which()) pair.deaf = true }

  /** The network is well again, and what was deaf is found dead. */
  heal (): void {
    this.delayMs = 0
    this.loss = 0
    for (const pair of this.#pairs) {
      pair.cutNext = false
      if (pair.deaf) end(pair)
    }
  }

  /** Ends all connections; until it listens again nobody is let in. */
  async close (): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.cut()
    await closed
  }

  #accept (near: Socket): void {
    if (this.target === undefined) {
      near.destroy()
      return
    }
    this.connections += 1
    const far = connect({ port: this.target, host: '127.0.0.1', noDelay: true })
    near.setNoDelay(true)
    const pair: Pair = { near, far, deaf: false, cutNext: false }
    this.#pairs.add(pair)
    this.#pass(pair, near, far)
    this.#pass(pair, far, near)
  }

  #pass (pair: Pair, from: Socket, to: Socket): void {
    let behind = Promise.resolve()
    let waiting = 0
    from.on('error', () => {})
    from.on('close', () => {
      if (to.destroyed) this.#pairs.delete(pair)
      else if (!pair.deaf) void behind.then(() => to.destroySoon()) // else it does not hear of it until the network is well
    })
    from.on('data', (chunk: Buffer) => {
      if (pair.deaf) return
      if (pair.cutNext) {
        pair.deaf = true
        void behind.then(() => to.write(chunk.subarray(0, chunk.length >> 1), () => end(pair))) // what is late comes before it
        return
      }
      const lateMs = this.delayMs + (this.#random() < this.loss ? this.retransmitMs : 0)
      if (lateMs === 0 && waiting === 0) return write(from, to, chunk)
      waiting++
      behind = behind.then(() => later(lateMs)).then(() => {
        waiting--
        write(from, to, chunk)
      })
    })
  }
}

/** Whoever is there. */
const always = (): boolean => true

/** What the other side does not take holds back this one. */
function write (from: Socket, to: Socket, chunk: Buffer): void {
  if (to.destroyed || to.write(chunk)) return
  from.pause()
  to.once('drain', () => from.resume())
}

function later (ms: number): Promise<void> { return new Promise((resolve) => { setTimeout(resolve, ms) }) }

function end ({ near, far }: Pair): void {
  near.resetAndDestroy()
  far.resetAndDestroy()
}
