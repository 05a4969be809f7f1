/** A real OpenID provider: it gives clients tokens for what they say in its own way, and changes its keys. */

import type { KeyObject } from 'node:crypto'
import Provider from 'oidc-provider'
import { jwk, KeyServer } from './key-server.ts'

const SECRET = 'a-secret-that-only-tests-know'
export const AUDIENCE = 'https://sluice.example'

export interface SigningKey { kid: string, alg: string, privateKey: KeyObject }

export class OpenIdProvider {
  readonly issuer: string
  readonly #server: KeyServer
  readonly #clients: string[]

  private constructor (server: KeyServer, clients: string[]) {
    this.#server = server
    this.#clients = clients
    this.issuer = new URL(server.url).origin
  }

  static async listen (t: Parameters<typeof KeyServer.listen>[0], clients: string[]): Promise<OpenIdProvider> {
    return new OpenIdProvider(await KeyServer.listen(t), clients)
  }

  /** Signs with the first of these keys from now on, and tells all of them. */
  signBy (...keys: [SigningKey, ...SigningKey[]]): void {
    const [{ alg }] = keys
    const provider = new Provider(this.issuer, {
      jwks: { keys: keys.map(({ kid, alg, privateKey }) => jwk(privateKey, { kid, alg, use: 'sig' })) },
      clients: this.#clients.map((id) => ({ client_id: id, client_secret: SECRET, grant_types: ['client_credentials'], redirect_uris: [], response_types: [], id_token_signed_response_alg: alg })),
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: () => ({ scope: 'device service', audience: 'sluice', accessTokenFormat: 'jwt', accessTokenTTL: 300, jwt: { sign: { alg } } })
        }
      },
      ttl: { ClientCredentials: () => 300 },
      extraTokenClaims: () => ({ 'https://sluice.example/watch': ['lamp-*'] })
    })
    this.#server.answer = provider.callback()
  }

  /** Where its keys are, as it tells everybody. */
  async jwksUrl (): Promise<string> {
    const about = await fetch(`${this.issuer}/.well-known/openid-configuration`)
    return (await about.json() as { jwks_uri: string }).jwks_uri
  }

  async token (client: string, scope: string): Promise<string> {
    const answer = await fetch(`${this.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${client}:${SECRET}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource: AUDIENCE })
    })
    const body = await answer.json() as { access_token?: string }
    if (body.access_token === undefined) throw new Error(`the provider answered ${answer.status} ${JSON.stringify(body)}`)
    return body.access_token
  }

  async close (): Promise<void> { await this.#server.close() }
}
