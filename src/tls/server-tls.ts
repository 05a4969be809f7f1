import { constants } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { createServer, type Server, type ServerOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { ConfigError, Settings } from '../config/index.ts'
import { onChange, type Watching } from '../on-change.ts'
import { readPems, type Pems } from './pems.ts'

/** A handshake has to be done after so long; Node's own two minutes would let strangers hold connections. */
const HANDSHAKE_TIMEOUT_MS = 10_000

interface Log { readonly info: (sentence: string) => void, readonly warn: (sentence: string) => void, readonly debug: (sentence: string) => void }

/** TLS of the server that is ours: https and wss on its port, and nothing else. */
export class ServerTls {
  readonly #settings: Settings['tls']
  #pems: Pems
  #server: Server | undefined
  #log: Log | undefined

  private constructor (settings: Settings['tls'], pems: Pems) {
    this.#settings = settings
    this.#pems = pems
  }

  /** Undefined where no certificate is set. Throws a `ConfigError` where a file is not there, or not good. */
  static async open (settings: Settings['tls']): Promise<ServerTls | undefined> {
    return settings.certFile === undefined ? undefined : new ServerTls(settings, await readPems(settings))
  }

  /** The server's certificate as it is shown now, PEM, without its chain. */
  get certificate (): string { return this.#pems.leaf.toString() }

  get #notAfter (): Date { return new Date(this.#pems.leaf.validTo) }

  createServer (handler: RequestListener, options: ServerOptions): Server {
    const { clientCertificates } = this.#settings
    this.#server = createServer({
      ...options,
      ...this.#context(),
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      requestCert: clientCertificates !== 'none',
      rejectUnauthorized: clientCertificates === 'required'
    }, handler)
    this.#server.prependListener('tlsClientError', ({ message }, socket) => this.#end(socket, message)) // nobody could read an answer
    // Where certificates are optional Node lets bad ones pass; a client that shows one is told, by the end, that it does not count.
    this.#server.on('secureConnection', (socket) => { if (!socket.authorized && showsCertificate(socket)) this.#end(socket, 'a bad certificate') })
    endWithStrangers(this.#server)
    return this.#server
  }

  /** Takes what is put into the files from now on, for connections that come after that. What is not whole is logged and left. */
  watch (watching: Watching & { readonly log: Log }): void {
    const { log } = watching
    const { certFile, keyFile, passphraseFile, clientCaFile } = this.#settings
    this.#log = log
    this.#tellEnd(log)
    void onChange([certFile, keyFile, passphraseFile, clientCaFile].filter((path) => path !== undefined), watching, async () => {
      if (await this.#renew()) {
        log.info(`The files of tls were read anew; the certificate is good until ${this.#notAfter.toISOString()}.`)
        this.#tellEnd(log)
      }
    })
  }

  #end (socket: TLSSocket, why: string): void {
    const { remoteAddress } = socket // gone already where Node has ended it
    // Not louder: whoever scans ports would fill the log.
    this.#log?.debug(`A TLS handshake${remoteAddress === undefined ? '' : ` with ${remoteAddress}`} failed: ${String(socket.authorizationError ?? why)}.`)
    socket.destroy()
  }

  /** Whether there was anything new. A new context has new keys for session tickets, so who was let in by the old one is looked at again. */
  async #renew (): Promise<boolean> {
    const pems = await readPems(this.#settings).catch((error: ConfigError) => { throw new Error(error.mistakes[0]) })
    const { cert, ca, key } = this.#pems
    if (pems.cert === cert && pems.ca === ca && pems.key.equals(key)) return false
    this.#pems = pems
    this.#server?.setSecureContext(this.#context())
    return true
  }

  #context (): ServerOptions {
    const { cert, key, ca } = this.#pems
    return {
      cert,
      key: key.export({ type: 'pkcs8', format: 'pem' }),
      ...(ca === undefined ? {} : { ca }),
      minVersion: this.#settings.minVersion,
      honorCipherOrder: true,
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION
    }
  }

  #tellEnd (log: Log): void {
    if (this.#notAfter.getTime() < Date.now()) log.warn(`The certificate in tls.certFile has expired, at ${this.#notAfter.toISOString()}: clients that look will not connect.`)
  }
}

/** Node ends only connections that have shaken hands; one that never does would hold up the end. */
function endWithStrangers (server: Server): void {
  const connections = new Set<Socket>()
  server.on('connection', (connection: Socket) => {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
  })
  const endThose = server.closeAllConnections.bind(server)
  server.closeAllConnections = () => {
    endThose()
    for (const connection of connections) connection.destroy()
  }
}

function showsCertificate (socket: TLSSocket): boolean {
  return Object.keys(socket.getPeerCertificate()).length > 0
}
