/** Which devices are followed, as it was asked for and as the server says. */
export class Watches {
  #asked = new Set<string>()
  #answered: readonly string[] = []
  #denied = new Set<string>()
  #send: ((text: string) => void) | undefined

  /** The server's answer is still due. */
  get areAwaited (): boolean { return [...this.#asked].some((device) => !this.#answered.includes(device) && !this.#denied.has(device)) }

  /** Undefined: there is no connection. */
  connected (send: ((text: string) => void) | undefined): void {
    this.#send = send
    this.#answered = []
    this.#denied.clear()
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

  /** `denied`: what the credentials do not allow. */
  answered (devices: readonly string[], denied?: string): void {
    this.#answered = devices
    if (denied !== undefined) this.#denied.add(denied)
  }

  #tell (type: string, device: string): void { this.#send?.(JSON.stringify({ type, device })) }
}
