/** An OAuth 2 issuer on loopback: the client-credentials grant, JWTs, and the keys that verify them. */

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, type GenerateKeyPairResult } from 'jose'

const KEY_ID = 'k1'
export const AUDIENCE = 'kafka'

export class Issuer {
  /** The client's secret that it takes now. */
  secret = 'issued'
  /** Who a token is about. */
  subject = 'sluice'
  lifeS = 60
  /** Whether its answer says how long a token lives, and whether the token itself does: whether it is a JWT. */
  tellsLife = true
  isOpaque = false
  /** Tokens given so far, and what it asks of the next ones: a status instead of a token. */
  given = 0
  failWith: number | undefined
  /** How much more its answer has than it needs. */
  extraBytes = 0
  readonly #server: Server
  #keys!: GenerateKeyPairResult

  constructor () {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        void this.#answer(request.url ?? '', request.headers.authorization ?? '', Buffer.concat(chunks).toString()).then(([status, body]) => {
          response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
        })
      })
    })
  }

  async start (): Promise<void> {
    this.#keys = await generateKeyPair('RS256')
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get url (): string { return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}` }
  get tokenUrl (): string { return `${this.url}/token` }
  get jwksUrl (): string { return `${this.url}/jwks` }

  async #answer (path: string, authorization: string, body: string): Promise<[status: number, body: object]> {
    if (path === '/jwks') return [200, { keys: [{ ...await exportJWK(this.#keys.publicKey), kid: KEY_ID, alg: 'RS256', use: 'sig' }] }]
    if (this.failWith !== undefined) return [this.failWith, {}]
    // Both are form-encoded before they are joined (RFC 6749, section 2.3.1).
    const [id, secret] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString().split(':').map((text) => decodeURIComponent(text.replaceAll('+', ' ')))
    if (id !== 'sluice-client' || secret !== this.secret) return [401, { error: 'invalid_client', error_description: 'bad secret' }]
    const form = new URLSearchParams(body)
    if (form.get('grant_type') !== 'client_credentials') return [400, { error: 'unsupported_grant_type' }]
    this.given++
    const now = Math.floor(Date.now() / 1000)
    const token = await new SignJWT({ scope: form.get('scope') ?? '' }).setProtectedHeader({ alg: 'RS256', kid: KEY_ID }).setSubject(this.subject)
      .setIssuer(this.url).setAudience(AUDIENCE).setIssuedAt(now).setExpirationTime(now + this.lifeS).sign(this.#keys.privateKey)
    return [200, { access_token: this.isOpaque ? `opaque-${this.given}` : token, token_type: 'Bearer', ...(this.tellsLife ? { expires_in: this.lifeS } : {}), extra: 'x'.repeat(this.extraBytes) }]
  }

  async stop (): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }
}
