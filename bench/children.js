import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { costOf } from './cost.js'

const KILL_AFTER_MS = 8_000
const running = new Set()
process.once('exit', () => { for (const child of running) child.kill('SIGKILL') })

function start (file, args, { nodeArgs = [], env = {}, silent = false } = {}) {
  const child = fork(file, args, {
    execArgv: nodeArgs,
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: silent ? ['ignore', 'pipe', 'inherit', 'ipc'] : ['ignore', 'inherit', 'inherit', 'ipc']
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

async function stop (child) {
  if (!running.has(child)) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const killer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS)
  await exited
  clearTimeout(killer)
}

/** The gateway, or something in its place. It says where it listens in a line of JSON with an `address`. */
export async function startServer (file, args, options = {}) {
  const child = start(file, args, { ...options, silent: true })
  const address = await new Promise((resolve, reject) => {
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (more) => {
      text += more
      for (const line of text.split('\n').slice(0, -1)) {
        const said = parse(line)
        if (said.address !== undefined) resolve(said.address)
        if (said.level >= 50) console.error(line)
      }
      text = text.slice(text.lastIndexOf('\n') + 1)
    })
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code} before it listened`)))
  })
  return { address, cost: () => costOf(child.pid), collectedBytes: () => collectedBytes(child), stop: () => stop(child) }
}

/** Asks `collected.js`, which has to be loaded there. */
async function collectedBytes (child) {
  const told = once(child, 'message')
  child.send('collected')
  const [{ collectedBytes }] = await told
  return collectedBytes
}

function parse (line) {
  try { return JSON.parse(line) } catch { return {} }
}

/** A process of `generators/`, called by messages: each call is answered by one message. */
export function startGenerator (name, options = {}) {
  const child = start(fileURLToPath(new URL(`generators/${name}.js`, import.meta.url)), [], options)
  const waiting = new Map()
  let last = 0
  child.on('message', ({ call, result, error }) => {
    const { resolve, reject } = waiting.get(call)
    waiting.delete(call)
    if (error === undefined) resolve(result)
    else reject(new Error(error))
  })
  child.once('exit', () => { for (const { reject } of waiting.values()) reject(new Error(`generator ${name} ended`)) })
  return {
    cost: () => costOf(child.pid),
    stop: () => stop(child),
    async call (verb, argument = {}) {
      const call = ++last
      return await new Promise((resolve, reject) => {
        waiting.set(call, { resolve, reject })
        child.send({ call, verb, argument })
      })
    }
  }
}
