import { createApp, type App } from '../../../src/app.ts'
import { defaults } from '../../../src/config/index.ts'
import type { InstanceOptions } from './gateway.ts'

const RETRY_MS = 100

/** Builds and starts a gateway, as often as it takes until Kafka lets it; resolves to it and its port. */
export async function build ({ settings, heartbeatMs }: InstanceOptions, isOver: () => boolean): Promise<{ app: App, port: number } | undefined> {
  const whole = defaults({ port: 0, simulate: 0, ...settings })
  while (!isOver()) {
    const app = await createApp({ settings: { ...whole, ws: { ...whole.ws, heartbeatMs } } })
    try {
      const origin = await app.http.listen({ host: '127.0.0.1', port: 0 })
      await app.start()
      return { app, port: Number(new URL(origin).port) }
    } catch {
      await app.close()
      await new Promise((resolve) => { setTimeout(resolve, RETRY_MS) })
    }
  }
  return undefined
}
