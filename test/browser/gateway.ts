import { createApp } from '../../src/app.ts'
import { defaults, type Settings } from '../../src/config/index.ts'
import { kept } from '../logs/keep.ts'

export interface Gateway {
  origin: string
  port: number
  close: () => Promise<void>
}

/** The gateway itself on the embedded broker, without simulated devices, on a port of its own or on the given one. */
export async function startGateway (port = 0, jwt: Partial<Settings['auth']['jwt']> = {}): Promise<Gateway> {
  const app = await createApp({ settings: defaults({ simulate: 0, embedded: { port: 0 }, auth: { jwt } }), ...kept })
  await app.start()
  const origin = await app.http.listen({ host: '127.0.0.1', port })
  return { origin, port: Number(new URL(origin).port), close: () => app.close() }
}
