/**
 * A publish failed. `code` is the server's refusal code, or one of ours: `frame-too-large`, `buffer-full`, `closed`.
 * `temporary`: the same publish may succeed later. `outcome` is `unknown` where it may be stored all the same.
 */
export class PublishError extends Error {
  readonly code: string
  readonly temporary: boolean
  readonly outcome: 'not-stored' | 'unknown'

  constructor (code: string, message: string, temporary: boolean, outcome: 'not-stored' | 'unknown') {
    super(message)
    this.name = 'PublishError'
    this.code = code
    this.temporary = temporary
    this.outcome = outcome
  }
}
