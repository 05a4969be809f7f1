/** The command in a process of its own: from its source, so that it counts for coverage. test/pack and test/image have it built. */

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { keepLogged } from '../logs/keep.ts'

const root = join(import.meta.dirname, '..', '..')
const main = join(root, 'src', 'main.ts')
/** Reads TypeScript, whatever folder the command is started in. */
const loader = `--import=${import.meta.resolve('@tapjs/typescript/import')}`
/** What tap measures coverage by, and tells that loader. */
const ofTap = Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(?:_TAPJS|TS_NODE)_/.test(name)))

export interface Exit { code: number | null, signal: NodeJS.Signals | null }

interface Owner { teardown: (fn: () => void) => void }

export class Command {
  readonly child: ChildProcessWithoutNullStreams
  stdout = ''
  stderr = ''
  readonly exited: Promise<Exit>
  #changed: () => void = () => {}

  /** Of the test's own environment only the path, and what is tap's, are given on: nothing of it is a setting. `terminal`: through script(1); `through`: through that. */
  constructor (t: Owner, args: string[], env: Record<string, string> = {}, { terminal = false, cwd = root, through = [] as string[] } = {}) {
    const line = [...through, process.execPath, loader, main, ...args]
    // exec: a shell in between would end by Ctrl-C in its own way.
    const [program, ...rest] = terminal ? ['script', '-qec', `exec ${line.join(' ')}`, '/dev/null'] : line
    this.child = spawn(program as string, rest, { cwd, env: { PATH: process.env.PATH ?? '', ...ofTap, ...env } })
    const keep = args[0] === 'keys' ? () => {} : keepLogged // a new key is shown on purpose, once
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      keep(text)
      this.stdout += text
      this.#changed()
    })
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      keep(text)
      this.stderr += text
      this.#changed()
    })
    this.exited = once(this.child, 'close').then(([code, signal]) => {
      this.#changed()
      return { code, signal } as Exit
    })
    t.teardown(() => { this.child.kill('SIGKILL') })
  }

  get output (): string { return this.stdout + this.stderr }

  /** Waits until that was printed. */
  async says (pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.output)
      if (found !== null) return found
      if (this.child.exitCode !== null || this.child.signalCode !== null) throw new Error(`it ended, and has not said ${String(pattern)}:\n${this.output}`)
      await new Promise<void>((resolve) => { this.#changed = resolve })
    }
  }

  /** host:port, when it serves. */
  async serves (): Promise<string> {
    return (await this.says(/serves http:\/\/([\w.]+:\d+)\//))[1] as string
  }

  /** Sends the signal, and tells how it ended and after how long. */
  async ends (signal: NodeJS.Signals): Promise<Exit & { afterMs: number }> {
    const from = performance.now()
    this.child.kill(signal)
    const exit = await this.exited
    return { ...exit, afterMs: performance.now() - from }
  }
}
