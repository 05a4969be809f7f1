import { readFileSync } from 'node:fs'

/** Linux counts a process's time in ticks of 10 ms, whatever the machine. */
const TICK_MS = 10
const UTIME = 11
const STIME = 12

/** CPU time in ms and memory in bytes that a process has used, as the kernel counts them. */
export function costOf (pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const kilobytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)[1]) * 1024
  const userMs = Number(fields[UTIME]) * TICK_MS
  const systemMs = Number(fields[STIME]) * TICK_MS
  return { cpuMs: userMs + systemMs, userMs, systemMs, rssBytes: kilobytes('VmRSS'), peakBytes: kilobytes('VmHWM') }
}
