/** Which devices are followed, as it was asked for and as the server says. */
export class Watches {
  #asked = new Set<string>()
  #answered: readonly string[] = []
  #send: ((text: string) => void) | undefined

  /** The server's answer is still due. */
  get areAwaited (): boolean { return [...this.#asked].some((device) => !this.#answered.includes(device)) }

  /** Undefined: there is no connection. */
  connected (send: ((text: string) => void) | undefined): void {
    this.#send = send
    this.#answered = []
    for (const device of this.#asked) this.#tell('watch', device)
  }

  watch (device: string): void {
    this.#asked.add(device)
    this.#tell('watch', device)
  }

  unwatch (device: string): void {
    this.#asked.delete(device)
    this.#tell('unwatch', device)
  }

  answered (devices: readonly string[]): void { this.#answered = devices }

  #tell (type: string, device: string): void { this.#send?.(JSON.stringify({ type, device })) }
}
