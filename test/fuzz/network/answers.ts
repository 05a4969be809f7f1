import { httpErrors, type HttpErrorCode } from '../../../src/protocol/http-errors.ts'
import { must } from '../kind.ts'

const HEAD_END = '\r\n\r\n'
const STATUS = /^HTTP\/1\.1 (\d{3}) /
/** Nothing that a client does can be the cause of another 5xx: the gateway serves, and so does its Kafka. */
const FULL = ['positions-full', 'revocations-full']
/** Answered by Node itself: no Host, and an Expect that is not known. */
const BARE = [400, 417]
const LAST_CHUNK = '0\r\n\r\n'
const BODILESS = [100, 101, 204, 304]

/** Looks at each answer that stands there, and returns their statuses. Throws where one may not be. */
export function answers (bytes: Buffer, { isHead = false } = {}): number[] {
  const text = bytes.toString('latin1')
  const statuses: number[] = []
  for (let at = 0; at < text.length;) {
    const end = text.indexOf(HEAD_END, at)
    must(end !== -1 || statuses.length > 0, `an answer without an end: ${JSON.stringify(text.slice(at, at + 100))}`)
    if (end === -1) break
    const head = text.slice(at, end)
    const status = Number(STATUS.exec(head)?.[1] ?? 0)
    must(status !== 0, `no status line: ${JSON.stringify(head.slice(0, 100))}`)
    statuses.push(status)
    at = end + HEAD_END.length
    if (isHead || status === 101) { // what comes behind it is no answer, or has no length
      judge(status, head, undefined)
      break
    }
    const [body, next] = bodyAt(text, at, head, status)
    judge(status, head, body)
    at = next
  }
  return statuses
}

/** The body, and where it ends. Only bodies that are empty come in chunks. */
function bodyAt (text: string, at: number, head: string, status: number): [body: string, next: number] {
  const chunk = /^transfer-encoding: chunked/im.test(head) ? text.indexOf(LAST_CHUNK, at) : -1
  if (chunk !== -1) return [text.slice(at, chunk), chunk + LAST_CHUNK.length]
  const length = BODILESS.includes(status) ? 0 : Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? text.length - at)
  return [text.slice(at, at + length), at + length]
}

function judge (status: number, head: string, body: string | undefined): void {
  const what = `${status} ${JSON.stringify((body ?? '').slice(0, 200))}`
  if (status < 400) return must(status < 300 || status === 304, what)
  if (body === undefined) return must(status < 500, what)
  if (body === '' && BARE.includes(status)) return
  must(/^content-type: application\/json/im.test(head), `an error that is no JSON: ${what}`)
  const { code, message } = parsed(body)
  const known = httpErrors[code as HttpErrorCode] as { status: number } | undefined
  must(known?.status === status && typeof message === 'string' && message !== '', `an error without its code: ${what}`)
  must(status < 500 || FULL.includes(String(code)), what)
}

function parsed (body: string): { code?: unknown, message?: unknown } {
  try {
    return JSON.parse(body) as object
  } catch {
    return {}
  }
}
