import { closeSync, createWriteStream, openSync, type WriteStream } from 'node:fs'
import type { Clock } from '../clock.ts'
import { ConfigError, quote } from '../config/index.ts'

/** A disk that is too slow is not waited for in memory. */
const MAX_WAITING_BYTES = 1_048_576
/** A file that could not be written is tried again so much later. */
const AGAIN_MS = 1_000
/** A stop waits no longer for what is not written. */
const CLOSE_MS = 1_000
const MODE = 0o600

export interface FileReport {
  /** A line was not written. */
  readonly lost: () => void
  readonly warn: (sentence: string) => void
}

/** Appends lines to a file. While it cannot be written lines are lost, which is told once, as is its return; nothing else suffers. */
export class FileSink {
  readonly #path: string
  readonly #clock: Clock
  readonly #report: FileReport
  #stream: WriteStream | undefined
  #againMs = -Infinity
  #isBroken = false

  /** Throws a `ConfigError` where the file cannot be opened. */
  constructor (path: string, clock: Clock, report: FileReport) {
    try {
      closeSync(openSync(path, 'a', MODE))
    } catch (error) {
      throw new ConfigError([`audit.file names ${quote(path)}, which cannot be appended to: ${(error as NodeJS.ErrnoException).code}`])
    }
    this.#path = path
    this.#clock = clock
    this.#report = report
  }

  write (line: string): void {
    const stream = this.#stream ?? this.#open()
    if (stream === undefined || stream.writableLength > MAX_WAITING_BYTES) return this.#report.lost()
    stream.write(line, (error) => {
      if (error != null) this.#report.lost()
      else if (this.#isBroken) this.#mended()
    })
  }

  /** What was taken is written, if it can be within a second. */
  close (): Promise<void> {
    const stream = this.#stream
    if (stream === undefined) return Promise.resolve()
    this.#stream = undefined
    return new Promise((resolve) => {
      const cancel = this.#clock.after(CLOSE_MS, resolve)
      stream.once('close', () => {
        cancel()
        resolve()
      }).end()
    })
  }

  #open (): WriteStream | undefined {
    if (this.#clock.elapsed() < this.#againMs) return undefined
    const stream = createWriteStream(this.#path, { flags: 'a', mode: MODE })
    stream.on('error', (error: NodeJS.ErrnoException) => this.#failed(error))
    this.#stream = stream
    if (this.#isBroken) stream.write('\n', () => {}) // the last line may have been cut off
    return stream
  }

  #failed ({ code, message }: NodeJS.ErrnoException): void {
    this.#stream = undefined
    this.#againMs = this.#clock.elapsed() + AGAIN_MS
    if (!this.#isBroken) this.#report.warn(`The audit log cannot be written to ${this.#path}: ${code ?? message}. Lines are lost until it can.`)
    this.#isBroken = true
  }

  #mended (): void {
    this.#isBroken = false
    this.#report.warn(`The audit log is written to ${this.#path} again.`)
  }
}
