import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'

/** The bytes of one segment. Views that `read` gave stay as they are: bytes are only ever added. */
export interface Store {
  append: (bytes: Buffer, at: number) => void
  read: (at: number, bytes: number) => Buffer
  close: () => void
  /** Closes it and forgets the bytes. */
  remove: () => void
}

const FIRST_BYTES = 4096

export class MemoryStore implements Store {
  #buffer: Buffer

  constructor (bytes: Buffer = Buffer.alloc(0)) { this.#buffer = bytes }

  append (bytes: Buffer, at: number): void {
    if (at + bytes.length > this.#buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, at + bytes.length, this.#buffer.length * 2))
      this.#buffer.copy(grown, 0, 0, at)
      this.#buffer = grown
    }
    this.#buffer.set(bytes, at)
  }

  read (at: number, bytes: number): Buffer { return this.#buffer.subarray(at, at + bytes) }
  close (): void {}
  remove (): void { this.#buffer = Buffer.alloc(0) }
}

/**
 * Bytes are with the operating system before `append` returns, so they survive the end of this process by any signal.
 * They are not synced to the disk: a power failure may take the last of them.
 */
export class FileStore implements Store {
  readonly #path: string
  #file: number

  constructor (path: string) {
    this.#path = path
    this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT)
  }

  get bytes (): number { return fstatSync(this.#file).size }

  /** One write, unless the disk is full: then the next append writes over what came of this one. */
  append (bytes: Buffer, at: number): void {
    for (let done = 0; done < bytes.length;) done += writeSync(this.#file, bytes, done, bytes.length - done, at + done)
  }

  read (at: number, bytes: number): Buffer {
    const buffer = Buffer.allocUnsafe(bytes)
    return buffer.subarray(0, readSync(this.#file, buffer, 0, bytes, at))
  }

  truncate (bytes: number): void { ftruncateSync(this.#file, bytes) }

  /** A late write must fail: the descriptor's number may be somebody else's socket by then. */
  close (): void {
    closeSync(this.#file)
    this.#file = -1
  }

  remove (): void {
    this.close()
    unlinkSync(this.#path)
  }
}
