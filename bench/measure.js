import { setTimeout as pause } from 'node:timers/promises'
import { quantile } from './generators/delays.js'

/** What a server did, and what it took, while `seconds` passed. */
export async function measure (server, generators, seconds) {
  await Promise.all(generators.map((g) => g.call('mark')))
  const before = server.cost()
  const began = performance.now()
  await pause(seconds * 1000)
  const after = server.cost()
  const wallS = (performance.now() - began) / 1000
  const read = await Promise.all(generators.map((g) => g.call('read')))
  const count = read.reduce((sum, r) => sum + r.count, 0)
  const cpuS = (after.cpuMs - before.cpuMs) / 1000
  return {
    count,
    perCpuS: count / cpuS,
    perS: count / wallS,
    cores: cpuS / wallS,
    systemShare: (after.systemMs - before.systemMs) / (after.cpuMs - before.cpuMs),
    p50: quantile(read.map((r) => r.bins), 0.5),
    p99: quantile(read.map((r) => r.bins), 0.99),
    refused: read.reduce((sum, r) => sum + (r.refused ?? 0), 0)
  }
}

export function median (values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The medians of the runs' figures, each for itself. */
export function medians (runs) {
  return Object.fromEntries(Object.keys(runs[0]).map((name) => [name, median(runs.map((run) => run[name]))]))
}

/** How runs compare with those of a rival that were made right beside them. */
export function ratio (runs, rivals, name) {
  const ratios = runs.map((run, i) => run[name] / rivals[i][name])
  return `${two(median(ratios))} (${two(Math.min(...ratios))}–${two(Math.max(...ratios))})`
}

function two (value) { return value.toFixed(2) }
