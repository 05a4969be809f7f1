/** Devices that can stop reading, and come back with their cursor when they were closed for it. Their records are numbered from 0 on. */
import { openSocket } from './socket.js'
import { serve } from './serve.js'

const CLOSE = 8

class Reader {
  #address
  #name
  #cursor
  #socket
  #ended
  #onLive = () => {}
  /** The number that is due next. */
  next = 0
  wrong = []
  code = 0

  constructor (address, name) {
    this.#address = address
    this.#name = name
  }

  /** Resolves when it is live. */
  async open () {
    const since = this.#cursor === undefined ? '' : `?since=${encodeURIComponent(this.#cursor)}`
    const live = this.#cursor === undefined ? undefined : new Promise((resolve) => { this.#onLive = resolve })
    this.code = 0
    this.#socket = await openSocket(this.#address, `${this.#name}${since}`, 'sluice.v1', (bytes, from, to, opcode) => this.#frame(bytes, from, to, opcode))
    this.#ended = new Promise((resolve) => this.#socket.once('close', resolve))
    await live
  }

  /** On a socket that is new: the kernel has given one that was read fast a larger buffer, which has to be filled first. */
  async stop () {
    this.#socket.destroy()
    await this.open()
    this.#socket.pause()
  }

  /** Reads what is there, and its close; comes back. */
  async goOn () {
    this.#socket.resume()
    await this.#ended
    const { code } = this
    await this.open()
    return code
  }

  #frame (bytes, from, to, opcode) {
    if (opcode === CLOSE) {
      this.code = bytes.readUInt16BE(from)
      this.#socket.end()
      return
    }
    const { type, data, cursor } = JSON.parse(bytes.toString('utf8', from, to))
    if (cursor !== undefined) this.#cursor = cursor
    if (type === 'live') this.#onLive()
    if (type === 'gap') this.wrong.push(`${this.#name} was told of a gap`)
    if (type !== 'message') return
    if (data.n !== this.next) this.wrong.push(`${this.#name} got ${data.n} where ${this.next} was due`)
    this.next = data.n + 1
  }
}

let readers = []

serve({
  async connect ({ address, devices, name }) {
    readers = Array.from({ length: devices }, (_, i) => new Reader(address, `${name}-${i}`))
    await Promise.all(readers.map((reader) => reader.open()))
  },
  async stop () { await Promise.all(readers.map((reader) => reader.stop())) },
  /** With which code each was closed. */
  goOn: () => Promise.all(readers.map((reader) => reader.goOn())),
  read: () => ({ nexts: readers.map(({ next }) => next), wrong: readers.flatMap(({ wrong }) => wrong.slice(0, 3)) })
})
