import { httpErrors, type HttpErrorCode } from './http-errors.ts'

/** An entry of the table of HTTP errors, to be thrown. */
export class Problem extends Error {
  readonly code: HttpErrorCode
  readonly retryAfterS: number | undefined

  /** `detail` says more than the table's sentence, where there is more to say. */
  constructor (code: HttpErrorCode, detail?: string, retryAfterS?: number) {
    super(detail ?? httpErrors[code].message)
    this.name = 'Problem'
    this.code = code
    this.retryAfterS = retryAfterS
  }
}
