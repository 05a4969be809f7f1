/** A peer that speaks bytes: what no well-behaved library would send, or leave unsaid. */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { randomBytes } from 'node:crypto'

const CLOSE = 8
const HEAD_END = Buffer.from('\r\n\r\n')

/** The head of an upgrade, as a library would write it; `changes` replace headers, null leaves one out. */
export function upgradeHead (host: string, path: string, changes: Record<string, string | null> = {}, line = `GET ${path} HTTP/1.1`): string {
  const headers: Record<string, string | null> = {
    host, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': randomBytes(16).toString('base64'), ...changes
  }
  const lines = Object.entries(headers).filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${line}\r\n${lines.join('')}\r\n`
}

/** A masked frame, as a client has to send it. */
export function clientFrame (opcode: number, payload: Buffer | string, { fin = true, reserved = 0, masked = true } = {}): Buffer {
  const body = Buffer.from(payload as string)
  const first = (fin ? 0x80 : 0) | reserved << 4 | opcode
  const mask = masked ? 0x80 : 0
  const head = body.length < 126
    ? Buffer.from([first, mask | body.length])
    : Buffer.from([first, mask | 127, 0, 0, 0, 0, body.length >>> 24, body.length >>> 16 & 255, body.length >>> 8 & 255, body.length & 255])
  if (!masked) return Buffer.concat([head, body])
  const key = randomBytes(4)
  return Buffer.concat([head, key, body.map((byte, i) => byte ^ (key[i % 4] as number))])
}

export class Peer {
  readonly socket: Socket
  /** The other side has ended the connection. */
  readonly ended: Promise<void>
  #received = Buffer.alloc(0)
  #changed: () => void = () => {}

  private constructor (socket: Socket) {
    this.socket = socket
    socket.on('error', () => {}) // a reset is an end too
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#changed()
    })
    this.ended = once(socket, 'close').then(() => this.#changed())
  }

  /** `localAddress`: from where. */
  static async connect (host: string, localAddress?: string): Promise<Peer> {
    const { hostname, port } = new URL(`http://${host}`)
    const socket = connect({ port: Number(port), host: hostname, ...(localAddress === undefined ? {} : { localAddress }) })
    await once(socket, 'connect')
    return new Peer(socket)
  }

  /** With the upgrade done; throws with the status line where it is refused. */
  static async upgraded (host: string, path: string, changes: Record<string, string | null> = {}, localAddress?: string): Promise<Peer> {
    const peer = await Peer.connect(host, localAddress)
    peer.socket.write(upgradeHead(host, path, changes))
    const head = await peer.head()
    if (!head.startsWith('HTTP/1.1 101')) throw new Error(head.split('\r\n')[0])
    return peer
  }

  get received (): Buffer { return this.#received }

  /** Takes the head of the answer off what was received. */
  async head (): Promise<string> {
    await this.until(() => this.#received.includes(HEAD_END))
    const end = this.#received.indexOf(HEAD_END) + HEAD_END.length
    const head = this.#received.toString('latin1', 0, end)
    this.#received = this.#received.subarray(end)
    return head
  }

  /** The status and the body of an answer that ends with the connection, or whose length is told. */
  async answer (): Promise<{ status: number, body: string }> {
    const head = await this.head()
    const length = /content-length: (\d+)/i.exec(head)?.[1]
    await (length === undefined ? this.ended : this.until(() => this.#received.length >= Number(length)))
    return { status: Number(/^HTTP\/1.1 (\d+)/.exec(head)?.[1]), body: this.#received.toString() }
  }

  /** The code of the close frame that comes, which is answered as is due; undefined where the connection ends without one. */
  async closeCode (): Promise<number | undefined> {
    let code: number | undefined
    await this.until(() => (code = this.#closeCode()) !== undefined).catch(() => {})
    if (!this.socket.destroyed) this.socket.write(clientFrame(CLOSE, Buffer.from([3, 232])))
    await this.ended
    return code
  }

  /** The other side has sent a close frame. */
  get isClosing (): boolean { return this.#closeCode() !== undefined }

  #closeCode (): number | undefined {
    for (let at = 0; at + 2 <= this.#received.length;) {
      const opcode = (this.#received[at] as number) & 15
      const short = (this.#received[at + 1] as number) & 127
      const [length, head] = short < 126 ? [short, 2] : [this.#received.readUInt16BE(at + 2), 4]
      if (opcode === CLOSE) return length >= 2 ? this.#received.readUInt16BE(at + head) : 1005
      at += head + length
    }
    return undefined
  }

  async until (isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.socket.destroyed) throw new Error(`the connection ended after ${JSON.stringify(this.#received.toString('latin1').slice(0, 200))}`)
      await new Promise<void>((resolve) => { this.#changed = resolve })
    }
  }
}
