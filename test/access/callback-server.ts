/** A team's own server that the gateway asks who comes: it answers as each test says, and keeps what it was asked. */

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Identity } from '../../src/access/identity.ts'

export interface Question {
  address: string
  origin?: string
  device?: string
  token?: string
  certificate?: object
  identity?: Identity
}

type Listener = (question: Question, response: ServerResponse, request: IncomingMessage) => void

interface Owner { teardown: (fn: () => Promise<void>) => void }

export class CallbackServer {
  readonly questions: Question[] = []
  /** How many it is asked at the moment, and were at once at most. */
  atOnce = 0
  mostAtOnce = 0
  answer: Listener = (_question, response) => { reply(response, 500, {}) }
  #server: Server
  #port = 0
  #onAsked: () => void = () => {}

  private constructor () {
    this.#server = createServer()
  }

  static async listen (t: Owner, answer?: Listener): Promise<CallbackServer> {
    const server = new CallbackServer()
    if (answer !== undefined) server.answer = answer
    await server.start()
    t.teardown(() => server.stop())
    return server
  }

  get url (): string { return `http://127.0.0.1:${this.#port}/who` }

  /** At the same address as before. */
  async start (): Promise<void> {
    this.#server = createServer((request, response) => { void this.#asked(request, response) }).listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async stop (): Promise<void> {
    if (!this.#server.listening) return
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Resolves when it has been asked so often in all. */
  async askedTimes (times: number): Promise<void> {
    while (this.questions.length < times) await new Promise<void>((resolve) => { this.#onAsked = resolve })
  }

  async #asked (request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {}) // who asked has had enough
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce)
    response.on('close', () => { this.atOnce-- })
    const chunks = await request.toArray().catch(() => undefined) as Buffer[] | undefined
    if (chunks === undefined) return
    const question = JSON.parse(Buffer.concat(chunks).toString()) as Question
    this.questions.push(question)
    this.answer(question, response, request)
    this.#onAsked()
  }
}

export function reply (response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body))
}
