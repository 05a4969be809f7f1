import { isGood } from '../decoders/logins.ts'
import { frames } from '../draw/frames.ts'
import { handshake, request } from '../draw/heads.ts'
import { json } from '../draw/json.ts'
import { OPERATOR, token } from '../draw/tokens.ts'
import { must, type Kind } from '../kind.ts'
import { blind } from '../mutate.ts'
import { answers } from './answers.ts'
import { serverFrames } from './server-frames.ts'
import { visit } from './visit.ts'

/** Ends a socket that an input has left open, where it is between two frames. */
const CLOSE = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 3, 232])
const SOON_MS = 100
const LATE_MS = 20_000
const IN_A_HEADER = /^[!-~]+$/

/** What reads bytes from the network, in a gateway of its own process. Each input is on a connection of its own, which has to end. */
export function networkKinds (host: string): Kind[] {
  let sockets = 0
  // No request names these, so that none of them is revoked.
  const upgrade = (query: string, headers: string): string =>
    `GET /ws/frames-${++sockets % 1000}${query} HTTP/1.1\r\nhost: ${host}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`
  const behind = (query: string, headers: string, isRaw: boolean) => async (input: Buffer): Promise<void> => {
    const came = await visit(host, { head: upgrade(query, headers), bytes: Buffer.concat([input, CLOSE]) })
    const [status] = answers(came)
    must(status === 101, `the upgrade was answered with ${String(status)}`)
    serverFrames(came.subarray(came.indexOf('\r\n\r\n') + 4), isRaw)
  }
  const answered = async (input: Buffer): Promise<void> => {
    const came = await visit(host, { bytes: input, waitMs: SOON_MS })
    const [status] = answers(came, { isHead: /^[\r\n]*HEAD /.test(input.toString('latin1', 0, 20)) })
    if (status === 101) serverFrames(came.subarray(came.indexOf('\r\n\r\n') + 4), !/^sec-websocket-protocol: sluice\.v1/im.test(came.toString('latin1', 0, came.indexOf('\r\n\r\n'))))
  }
  const v1 = 'sec-websocket-protocol: sluice.v1\r\n'
  return [
    { name: 'frames of sluice.v1', share: 6, draw: (random) => frames(random), check: behind('', v1, false) },
    { name: 'frames of raw mode', share: 4, draw: (random) => frames(random, (random) => json(random)), check: behind('', '', true) },
    { name: 'frames with held pongs', share: 2, draw: (random) => frames(random, (random) => json(random)), check: behind('?ack=pong', '', true) },
    { name: 'bytes behind an upgrade', share: 2, draw: blind, check: behind('', v1, false) },
    { name: 'handshakes', share: 4, draw: (random) => Buffer.from(handshake(random), 'latin1'), check: answered },
    { name: 'requests', share: 4, draw: (random) => Buffer.from(request(random), 'latin1'), check: answered },
    { name: 'bytes on a connection', share: 2, draw: blind, check: async (input) => { answers(await visit(host, { bytes: input })) } },
    {
      name: 'tokens in requests',
      share: 2,
      draw: (random) => Buffer.from(random.chance(0.9) ? token(random) : OPERATOR),
      check: async (input) => {
        const text = input.toString('latin1')
        const [status] = answers(await visit(host, { waitMs: IN_A_HEADER.test(text) ? LATE_MS : SOON_MS, bytes: Buffer.from(`GET /v1/devices HTTP/1.1\r\nhost: h\r\nconnection: close\r\nauthorization: Bearer ${text}\r\n\r\n`, 'latin1') }))
        if (!IN_A_HEADER.test(text)) return
        must(status === 401 || status === 403 || status === 431 || (status === 200 && isGood(text)), `it is answered with ${String(status)}`)
      }
    }
  ]
}
