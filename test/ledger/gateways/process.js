/**
 * A gateway as a process of its own, as it is built and shipped. It loads everything, waits for its settings, tells its port,
 * and ends with its parent.
 */

import { createApp } from '../../../dist/app.js'
import { defaults } from '../../../dist/config/index.js'

const NO_KAFKA = 3

let app

process.on('message', (message) => { message === 'drain' ? drain() : start(message) })
process.on('disconnect', () => process.exit())

async function start ({ settings, heartbeatMs }) {
  const whole = defaults({ port: 0, simulate: 0, ...settings })
  app = await createApp({ settings: { ...whole, ws: { ...whole.ws, heartbeatMs } } })
  const origin = await app.http.listen({ host: '127.0.0.1', port: 0 })
  await app.start().catch((error) => {
    if (error.code === 'unreachable') process.exit(NO_KAFKA)
    throw error
  })
  process.send(Number(new URL(origin).port))
}

async function drain () {
  await app?.close()
  process.exit()
}
