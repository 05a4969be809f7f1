/** What one decision of the policy costs: `node bench/policy.js`, after a build. */
import { Policy } from '../dist/access/policy.js'

const DECISIONS = 5_000_000
const ROUNDS = 5

const device = { by: 'token', subject: 's', device: 'sensor-1', roles: ['device'], groups: [], watch: ['sensor-*', 'door-7'] }
const room = { ...device, roles: ['room'], groups: Array.from({ length: 64 }, (_, n) => `room-${n}`) }
const ruled = new Policy([{ role: 'room', verb: 'publish', resource: '{group}.*' }])
const policy = new Policy()

const CASES = [
  ['a device publishes', policy.grants(device), 'publish', 'temperature'],
  ['a device publishes, whose credentials name four events', policy.grants({ ...device, events: ['alarm', 'log.*', 'state', 'temperature*'] }), 'publish', 'temperature.indoors'],
  ['a device watches by a pattern', policy.grants(device), 'watch', 'sensor-4711'],
  ['a device may not watch', policy.grants(device), 'watch', 'window-4711'],
  ['a caller in 64 groups publishes to the last', ruled.grants(room), 'publish', 'room-63.temperature']
]

/** ns and bytes per decision: the best of some rounds. */
function measure (grants, verb, resource) {
  let best = { ns: Infinity, bytes: Infinity }
  for (let round = 0; round < ROUNDS; round++) {
    const heap = process.memoryUsage().heapUsed
    const from = process.hrtime.bigint()
    let allowed = 0
    for (let n = 0; n < DECISIONS; n++) if (grants.may(verb, resource)) allowed++
    const ns = Number(process.hrtime.bigint() - from) / DECISIONS
    const bytes = Math.max(0, process.memoryUsage().heapUsed - heap) / DECISIONS
    if (allowed !== 0 && allowed !== DECISIONS) throw new Error('it decided differently')
    best = { ns: Math.min(best.ns, ns), bytes: Math.min(best.bytes, bytes) }
  }
  return best
}

for (const [name, grants, verb, resource] of CASES) {
  const { ns, bytes } = measure(grants, verb, resource)
  console.log(`${name.padEnd(55)} ${ns.toFixed(1).padStart(7)} ns  ${bytes.toFixed(2)} bytes`)
}
