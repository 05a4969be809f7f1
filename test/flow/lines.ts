import pino, { type Logger } from 'pino'
import { keepLogged } from '../logs/keep.ts'

/** A log whose lines a test waits for. */
export class Lines {
  readonly said: string[] = []
  readonly logger: Logger
  #changed: () => void = () => {}

  constructor (level = 'info') {
    this.logger = pino({ level }, {
      write: (line: string) => {
        keepLogged(line)
        this.said.push((JSON.parse(line) as { msg: string }).msg)
        this.#changed()
      }
    })
  }

  /** Waits until that was said. */
  async says (pattern: RegExp): Promise<string> {
    for (;;) {
      const line = this.said.find((line) => pattern.test(line))
      if (line !== undefined) return line
      await new Promise<void>((resolve) => { this.#changed = resolve })
    }
  }
}
