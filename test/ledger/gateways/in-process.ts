import type { App } from '../../../src/app.ts'
import { build } from './build.ts'
import type { Instance, InstanceOptions } from './gateway.ts'

/** An instance in this process: cheap, and the process hears of what it fails to catch. */
export function inProcess (options: InstanceOptions): Instance {
  let running: { app: App, port: number } | undefined
  let generation = 0
  return {
    get port () { return running?.port },
    start: async () => {
      const mine = ++generation
      const built = await build(options, () => mine !== generation)
      if (mine === generation) running = built
      else await built?.app.close()
    },
    drain: async () => {
      generation++
      const { app } = running ?? {}
      running = undefined
      await app?.close()
    }
  }
}
