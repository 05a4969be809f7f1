import { setTimeout as pause } from 'node:timers/promises'
import { startGenerator } from './children.js'
import { withTopics } from './kafka.js'
import { options } from './options.js'
import { startGateway } from './servers.js'

const SETTLE_MS = 4_000
const MEASURED_S = Math.max(30, options.seconds)

export const idle = {
  title: `Idle for ${MEASURED_S} s`,
  repeated: false,
  columns: ['Devices', 'share of a core'],
  async run (brokers) {
    const rows = []
    await withTopics(brokers, 'idle', async (topics) => {
      for (const devices of [0, 1_000]) {
        const gateway = await startGateway(brokers, topics, { name: `idle-${devices}` })
        const generator = startGenerator('downlink')
        await generator.call('connect', { address: gateway.address, devices, name: 'device', protocol: 'sluice.v1' })
        await pause(SETTLE_MS)
        const before = gateway.cost()
        await pause(MEASURED_S * 1000)
        const share = (gateway.cost().cpuMs - before.cpuMs) / 10 / MEASURED_S
        rows.push([devices === 0 ? '0' : `${devices.toLocaleString('en-US')} (goal: under 2 %)`, `${share.toFixed(2)} %`])
        await Promise.all([generator.stop(), gateway.stop()])
      }
    })
    return rows
  }
}
