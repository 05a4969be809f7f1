import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** pino's number for `error`. */
const ERROR = 50
/** A frame, or a request, at which our own code failed: logged as a warning where it ended one socket only. */
const UNFORESEEN = /could not be handled|not expected/
const STDERR_BYTES = 4_000

type Told = { origin: string } | { line: string } | { bytes: number }

/** The gateway in a process of its own. */
export class FuzzedGateway {
  /** host:port */
  readonly host: string
  readonly #child: ChildProcess
  readonly #faults: string[]
  #stderr = ''

  private constructor (child: ChildProcess, faults: string[], origin: string) {
    this.#child = child
    this.#faults = faults
    this.host = new URL(origin).host
    child.on('exit', (code, signal) => faults.push(`the gateway has ended with ${code ?? signal}: ${this.#stderr}`))
    child.stderr?.on('data', (chunk: Buffer) => { this.#stderr = (this.#stderr + chunk.toString()).slice(-STDERR_BYTES) })
  }

  static async start (brokers: string, secretFile: string): Promise<FuzzedGateway> {
    const child = fork(join(import.meta.dirname, 'gateway-process.ts'), [brokers, secretFile], {
      execArgv: [...process.execArgv, '--expose-gc'], stdio: ['ignore', 'inherit', 'pipe', 'ipc']
    })
    const faults: string[] = []
    child.on('message', (told: Told) => {
      if ('line' in told && isFault(told.line)) faults.push(`the gateway logged ${told.line.trim()}`)
    })
    const { origin } = await answered(child) as { origin: string }
    return new FuzzedGateway(child, faults, origin)
  }

  get lives (): boolean { return this.#child.exitCode === null && this.#child.signalCode === null }

  /** What it has done that it may not since this was asked last. */
  takeFaults (): string[] { return this.#faults.splice(0) }

  /** What it has in use behind a garbage collection, when nobody but the neighbour is there. */
  async bytes (): Promise<number> {
    this.#child.send('memory')
    return (await answered(this.#child) as { bytes: number }).bytes
  }

  async stop (): Promise<void> {
    this.#child.removeAllListeners('exit')
    if (!this.lives) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
}

/** The next message that is no log line. */
async function answered (child: ChildProcess): Promise<Told> {
  for (;;) {
    const [told] = await Promise.race([once(child, 'message'), once(child, 'exit').then(([code]) => { throw new Error(`the gateway ended with ${code}`) })]) as [Told]
    if (!('line' in told)) return told
  }
}

function isFault (line: string): boolean {
  const { level, msg } = JSON.parse(line) as { level: number, msg: string }
  return level >= ERROR || UNFORESEEN.test(msg)
}
