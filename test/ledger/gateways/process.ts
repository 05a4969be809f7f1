/** A gateway as a process of its own. It loads everything, waits for its settings, tells its port, and ends with its parent. */

import type { App } from '../../../src/app.ts'
import { build } from './build.ts'
import type { InstanceOptions } from './gateway.ts'

let app: App | undefined

process.on('message', (message: InstanceOptions | 'drain') => {
  void (message === 'drain' ? drain() : start(message))
})
process.on('disconnect', () => process.exit())

async function start (options: InstanceOptions): Promise<void> {
  const built = await build(options, () => false)
  app = built?.app
  process.send?.(built?.port)
}

async function drain (): Promise<void> {
  await app?.close()
  process.exit()
}
