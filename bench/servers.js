import { fileURLToPath } from 'node:url'
import { startServer } from './children.js'
import { options } from './options.js'

const rival = (name) => fileURLToPath(new URL(`rivals/${name}.js`, import.meta.url))

/** Beside this many sockets a process of 20,000 descriptors still has some for files and for Kafka. */
const MOST_SOCKETS = 20_000

export function startGateway (brokers, topics, { name, nodeArgs = [] }) {
  const profiling = options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`, `--cpu-prof-name=${name}.cpuprofile`]
  return startServer(options.gateway, [
    '--port', '0', '--simulate', '0', '--logLevel', 'info', '--kafka.brokers', brokers,
    '--topics.uplink', topics.uplink, '--topics.downlink', topics.downlink, '--kafka.createTopics',
    '--ws.maxSockets', `${MOST_SOCKETS}`, '--drainMs', '1000'
  ], { nodeArgs: [...profiling, ...nodeArgs] })
}

export function startGatewayWithoutKafka () {
  return startServer(rival('no-kafka'), [options.gateway, '--kafka.brokers', 'none:1', '--ws.maxSockets', `${MOST_SOCKETS}`])
}

export function startBridge (how, brokers, topics) {
  return startServer(rival('bridge'), [how, brokers, topics.uplink])
}

export function startBareSockets (perS = 0, burst = 1) {
  return startServer(rival('bare-ws'), [`${perS}`, `${burst}`])
}
