import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Instance, InstanceOptions } from './gateway.ts'

/** Kafka did not let it start. */
const NO_KAFKA = 3

/** Loaded already, for whoever needs one. */
let spare: ChildProcess | undefined

function take (): ChildProcess {
  const child = spare?.connected === true ? spare : load()
  spare = load()
  return child
}

function load (): ChildProcess {
  const child = fork(join(import.meta.dirname, 'process.js'), { execArgv: [] })
  child.unref()
  child.channel?.unref()
  return child
}

/** An instance in a process of its own, which can be killed. */
export function ownProcess (options: InstanceOptions, onCrash: (code: number | null) => void): Instance {
  let running: { child: ChildProcess, port: number } | undefined
  const end = async (how: (child: ChildProcess) => void): Promise<void> => {
    const { child } = running ?? {}
    running = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    how(child)
    await exited
  }
  return {
    get port () { return running?.port },
    start: async () => {
      while (running === undefined) {
        const child = take()
        child.ref()
        child.channel?.ref()
        let starting = true
        const ended = new Promise<undefined>((resolve) => child.once('exit', (code) => {
          if (starting ? code !== NO_KAFKA : running?.child === child) onCrash(code)
          resolve(undefined)
        }))
        child.send(options)
        const port = await Promise.race([once(child, 'message').then(([port]) => port as number), ended])
        starting = false
        if (port !== undefined) running = { child, port }
        else if (child.exitCode !== NO_KAFKA) throw new Error(`a gateway did not start: ${child.exitCode ?? child.signalCode}`)
      }
    },
    drain: () => end((child) => child.send('drain')),
    kill: () => end((child) => { child.kill('SIGKILL') })
  }
}
