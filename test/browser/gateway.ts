import { createApp } from '../../src/app.ts'
import { defaults } from '../../src/config/index.ts'

export interface Gateway {
  origin: string
  port: number
  close: () => Promise<void>
}

// What comes in front of a gateway may send this with the page, so the page has to work under it.
export const policy = 'default-src \'self\''

/** The gateway itself on the embedded broker, without simulated devices, on a port of its own or on the given one. */
export async function startGateway (port = 0): Promise<Gateway> {
  const app = await createApp({ settings: defaults({ simulate: 0, embedded: { port: 0 } }) })
  app.http.addHook('onSend', async (_request, reply) => { reply.header('content-security-policy', policy) })
  await app.start()
  const origin = await app.http.listen({ host: '127.0.0.1', port })
  return { origin, port: Number(new URL(origin).port), close: () => app.close() }
}
