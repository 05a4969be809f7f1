/** A door in front of the embedded broker, which has none: TLS, and logins by PLAIN and OAUTHBEARER. SCRAM is tested on a real Kafka. */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { apis } from '../../src/devkafka/apis/index.ts'
import { apiKey } from '../../src/devkafka/api-keys.ts'
import { Reader } from '../../src/wire/reader.ts'
import { Writer } from '../../src/wire/writer.ts'

const [API_VERSIONS, HANDSHAKE, AUTHENTICATE] = [apiKey('ApiVersions'), apiKey('SaslHandshake'), apiKey('SaslAuthenticate')]
const SASL_AUTHENTICATION_FAILED = 58

export class Door {
  /** What is taken for a right login. */
  readonly right: (bytes: string) => boolean
  logins = 0
  /** How long one holds; 0: for ever. */
  lifeMs = 0
  #server: Server
  #inside: number

  constructor (inside: string, { certFile, keyFile }: { certFile: string, keyFile: string }, right: (bytes: string) => boolean) {
    this.right = right
    this.#inside = Number(inside.split(':')[1])
    this.#server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (socket) => this.#accept(socket))
    this.#server.on('tlsClientError', () => {})
  }

  async open (): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  close (): void { this.#server.close() }

  #accept (near: TLSSocket): void {
    const far = connect(this.#inside, '127.0.0.1')
    for (const [one, other] of [[near, far], [far, near]] as const) one.on('error', () => {}).on('close', () => other.destroy())
    far.pipe(near)
    let left = Buffer.alloc(0)
    near.on('data', (chunk: Buffer) => {
      left = Buffer.concat([left, chunk])
      for (let size = 0; left.length >= 4 && left.length >= (size = 4 + left.readInt32BE()); left = left.subarray(size)) this.#request(near, far, left.subarray(0, size))
    })
  }

  #request (near: Socket, far: Socket, frame: Buffer): void {
    const reader = new Reader(frame, 4)
    const [key, version, correlation] = [reader.int16(), reader.int16(), reader.int32()]
    reader.string()
    const answer = (fill: (w: Writer) => Writer): void => {
      const body = fill(new Writer().int32(correlation)).finish()
      near.write(Buffer.concat([new Writer().int32(body.length).finish(), body]))
    }
    if (key === API_VERSIONS) {
      const spoken = [...apis.map(({ name, versions }) => [apiKey(name), ...versions] as const), [HANDSHAKE, 0, 1] as const, [AUTHENTICATE, 0, 1] as const]
      answer((w) => {
        w.int16(0).array(spoken, (a, [api, oldest, newest]) => a.int16(api).int16(oldest).int16(newest))
        return version > 0 ? w.int32(0) : w
      })
    } else if (key === HANDSHAKE) {
      const asked = reader.string()
      answer((w) => w.int16(0).array([asked], (a, name) => a.string(name)))
    } else if (key === AUTHENTICATE) {
      const bytes = reader.bytes().toString()
      const isToken = bytes.startsWith('n,,') || bytes === '\u0001'
      this.logins++
      if (this.right(bytes)) answer((w) => w.int16(0).string(null).bytes(Buffer.alloc(0)).int64(this.lifeMs))
      else if (isToken && bytes !== '\u0001') answer((w) => w.int16(0).string(null).bytes(Buffer.from('{"status":"invalid_token"}')).int64(0))
      else answer((w) => w.int16(SASL_AUTHENTICATION_FAILED).string('no such user').bytes(Buffer.alloc(0)).int64(0))
    } else far.write(frame)
  }
}
