import { connect } from 'node:net'
import { Finding } from '../kind.ts'

/** What the gateway ends within its own 15 s for a request that never becomes whole, on a machine that is busy. */
const PATIENCE_MS = 30_000
const HEAD_END = Buffer.from('\r\n\r\n')

export interface Visit {
  /** What is said first, and answered. */
  readonly head?: string
  readonly bytes: Buffer
  /** So long it waits for an answer before it hangs up, behind which nothing is answered. A request that is not whole has none for a long time. */
  readonly waitMs?: number
}

/**
 * Says that, and nothing more, on a connection of its own, and resolves to what came until the other side has ended it. Rejects with a
 * `Finding` where it does not.
 */
export async function visit (host: string, { head, bytes, waitMs = 0 }: Visit): Promise<Buffer> {
  const { hostname, port } = new URL(`http://${host}`)
  return await new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let awaitsHead = head !== undefined
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    let hangsUp: NodeJS.Timeout | undefined
    const timer = setTimeout(() => {
      reject(new Finding(`the connection was still open after ${PATIENCE_MS / 1000} s`))
      socket.destroy()
    }, PATIENCE_MS)
    const say = (): void => {
      socket.write(bytes)
      if (waitMs === 0) socket.end()
      else hangsUp = setTimeout(() => socket.end(), waitMs)
    }
    socket.on('error', () => {}) // a reset is an end, too
    socket.on('connect', () => { if (head === undefined) say(); else socket.write(head) })
    socket.on('data', (chunk: Buffer) => {
      parts.push(chunk)
      if (waitMs > 0) socket.end()
      if (!awaitsHead || !Buffer.concat(parts).includes(HEAD_END)) return
      awaitsHead = false
      say()
    })
    socket.on('close', () => {
      clearTimeout(timer)
      clearTimeout(hangsUp)
      resolve(Buffer.concat(parts))
    })
  })
}
