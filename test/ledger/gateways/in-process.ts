import { createApp, type App } from '../../../src/app.ts'
import { defaults } from '../../../src/config/index.ts'
import { kept } from '../../logs/keep.ts'
import type { Instance, InstanceOptions } from './gateway.ts'

interface Running { readonly app: App, readonly port: number }

/** An instance in this process: cheap, and what it fails to catch ends this process. */
export function inProcess (options: InstanceOptions): Instance {
  let running: Running | undefined
  return {
    get port () { return running?.port },
    start: async () => { while (running === undefined) running = await tryStart(options) },
    drain: async () => {
      const { app } = running ?? {}
      running = undefined
      await app?.close()
    }
  }
}

/** Undefined where Kafka did not answer. */
async function tryStart ({ settings, heartbeatMs }: InstanceOptions): Promise<Running | undefined> {
  const whole = defaults({ port: 0, simulate: 0, ...settings })
  const app = await createApp({ settings: { ...whole, ws: { ...whole.ws, heartbeatMs } }, ...kept })
  const origin = await app.http.listen({ host: '127.0.0.1', port: 0 })
  try {
    await app.start()
    return { app, port: Number(new URL(origin).port) }
  } catch (error) {
    await app.close()
    if ((error as { code?: string }).code === 'unreachable') return undefined
    throw error
  }
}
