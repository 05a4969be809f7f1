import type { FastifyInstance } from 'fastify'
import type { Failure, FailureCode } from '../log/log.ts'
import type { HttpErrorCode } from '../protocol/http-errors.ts'
import { Problem } from '../protocol/problem.ts'

export const RETRY_AFTER_S = 2

/** Callers who wait until Kafka has a record of theirs. */
export class Unanswered {
  readonly #waiting = new Set<(problem: Problem) => void>()

  constructor (app: FastifyInstance) {
    app.addHook('preClose', async () => await this.#giveUp())
  }

  /** `append` answers once, by either; it returns false where no more is held for Kafka, and then it does not. */
  wait<T> (append: (stored: (value: T) => void, failed: (failure: Failure) => void) => boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.add(reject)
      const taken = append((value) => {
        this.#waiting.delete(reject)
        resolve(value)
      }, (failure) => {
        this.#waiting.delete(reject)
        reject(problemOf(failure))
      })
      if (taken) return
      this.#waiting.delete(reject)
      reject(new Problem('kafka-away', 'The gateway holds as many bytes for Kafka as it may; send again later.', RETRY_AFTER_S))
    })
  }

  /** The gateway has drained and hears no answer any more. They are told before the server ends their connections. */
  async #giveUp (): Promise<void> {
    for (const reject of this.#waiting) reject(new Problem('outcome-unknown', 'This instance is going away, and Kafka did not answer before; the record may or may not be stored.'))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function problemOf ({ code, reason }: Failure): Problem {
  return new Problem(problems[code], `${code}: Kafka said ${reason}.`, temporary.has(code) ? RETRY_AFTER_S : undefined)
}

const problems: Record<FailureCode, HttpErrorCode> = {
  'record-too-large': 'too-large',
  'not-authorized': 'kafka-refused',
  'topic-missing': 'kafka-refused',
  'kafka-refused': 'kafka-refused',
  'kafka-away': 'kafka-away',
  'outcome-unknown': 'outcome-unknown'
}
const temporary = new Set<FailureCode>(['kafka-away', 'outcome-unknown'])
