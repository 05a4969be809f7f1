import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Instance, InstanceOptions } from './gateway.ts'

/** Loaded already, for whoever needs one: a process takes a second to load. */
let spare: ChildProcess | undefined

function take (): ChildProcess {
  const child = spare ?? load()
  spare = load()
  return child
}

function load (): ChildProcess {
  const child = fork(join(import.meta.dirname, 'process.ts'))
  child.unref()
  child.channel?.unref()
  return child
}

/** An instance in a process of its own, which can be killed. */
export function ownProcess (options: InstanceOptions, onCrash: (code: number | null) => void): Instance {
  let running: { child: ChildProcess, port: number | undefined } | undefined
  const end = async (how: (child: ChildProcess) => void): Promise<void> => {
    const { child } = running ?? {}
    running = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.ref()
    const exited = once(child, 'exit')
    how(child)
    await exited
  }
  return {
    get port () { return running?.port },
    start: async () => {
      const mine = { child: take(), port: undefined as number | undefined }
      running = mine
      mine.child.once('exit', (code) => { if (running === mine) onCrash(code) })
      mine.child.send(options)
      mine.child.channel?.ref()
      const [port] = await Promise.race([once(mine.child, 'message'), once(mine.child, 'exit')]) as [number]
      mine.child.channel?.unref()
      if (running === mine) mine.port = port
    },
    drain: () => end((child) => child.send('drain')),
    kill: () => end((child) => { child.kill('SIGKILL') })
  }
}
