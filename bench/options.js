import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export const USAGE = `node bench/run.js [options]

  --only NAMES      of uplink, downlink, slow, memory, elsewhere, idle; separated by commas. Default: all
  --brokers LIST    a running Kafka; without it one is started, which takes Java
  --gateway PATH    the gateway's main.js; dist/main.js by default, so build first
  --runs N          measurements of each kind, interleaved; the median is told. Default: 3
  --seconds N       length of one measurement. Default: 6
  --sockets N       sockets for the memory bench, up to 19000. Default: 15000
  --alone           measure the gateway without its rivals
  --profile DIR     write a CPU profile of the gateway there; its figures do not count then
  --write           put the tables into docs/benchmarks.md

Everything runs on this machine, over loopback.`

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'uplink,downlink,slow,memory,elsewhere,idle' },
    brokers: { type: 'string' },
    gateway: { type: 'string', default: 'dist/main.js' },
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '6' },
    sockets: { type: 'string', default: '15000' },
    alone: { type: 'boolean', default: false },
    profile: { type: 'string' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false }
  }
})

export const options = {
  help: values.help,
  only: values.only.split(','),
  brokers: values.brokers,
  gateway: resolve(values.gateway),
  runs: Number(values.runs),
  seconds: Number(values.seconds),
  sockets: Math.min(19_000, Number(values.sockets)),
  alone: values.alone || values.profile !== undefined,
  profile: values.profile === undefined ? undefined : resolve(values.profile),
  write: values.write
}
