/** The command as it is installed: built, and in a process of its own. */

import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
const main = join(root, 'dist', 'main.js')

export interface Exit { code: number | null, signal: NodeJS.Signals | null }

/** Builds it, unless what is built is newer than all that it is built from. */
export function ensureBuilt (): void {
  const newest = Math.max(...readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(root, 'src', name)).mtimeMs))
  if (existsSync(main) && statSync(main).mtimeMs > newest) return
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
}

interface Owner { teardown: (fn: () => void) => void }

export class Command {
  readonly child: ChildProcessWithoutNullStreams
  stdout = ''
  stderr = ''
  readonly exited: Promise<Exit>
  #changed: () => void = () => {}

  /** Only `env` and the path are given on, so that nothing of the test's own environment is a setting. `terminal`: through script(1). */
  constructor (t: Owner, args: string[], env: Record<string, string> = {}, { terminal = false, cwd = root } = {}) {
    const line = [process.execPath, main, ...args]
    // exec: a shell in between would end by Ctrl-C in its own way.
    const [program, ...rest] = terminal ? ['script', '-qec', `exec ${line.join(' ')}`, '/dev/null'] : line
    this.child = spawn(program as string, rest, { cwd, env: { PATH: process.env.PATH ?? '', ...env } })
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
      this.#changed()
    })
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
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
