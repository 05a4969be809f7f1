/** Where keys are fetched from: a server that answers as each test says, and counts how often it was asked. */

import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { KeyObject } from 'node:crypto'

export class KeyServer {
  readonly url: string
  asked = 0
  answer: RequestListener = (_request, response) => { response.end('{"keys":[]}') }
  #onAsked: () => void = () => {}
  readonly #server: Server

  private constructor (server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`
    server.on('request', (request, response) => {
      this.asked++
      response.on('error', () => {}) // who asked has had enough
      this.answer(request, response)
      this.#onAsked()
    })
  }

  static async listen (t: { teardown: (fn: () => Promise<void>) => void }, keys?: object[]): Promise<KeyServer> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const keyServer = new KeyServer(server)
    if (keys !== undefined) keyServer.serve(keys)
    t.teardown(() => keyServer.close())
    return keyServer
  }

  /** Gives these keys from now on. */
  serve (keys: object[]): void {
    this.answer = (_request, response) => { response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys })) }
  }

  /** Resolves when it has been asked so often in all. */
  async askedTimes (times: number): Promise<void> {
    while (this.asked < times) await new Promise<void>((resolve) => { this.#onAsked = resolve })
  }

  async close (): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

export function jwk (publicKey: KeyObject, more: object = {}): object { return { ...publicKey.export({ format: 'jwk' }), ...more } }
