/**
 * One hostile device, in a process of its own: `attacker.ts host:port address attack [token]`; the address is where it comes from. It says `under way` when it has begun, and
 * `refused` when a request of it was answered with 401. It ends when it is killed.
 */

import { connect, type Socket } from 'node:net'
import { setImmediate, setTimeout as delay } from 'node:timers/promises'
import { clientFrame, Peer, upgradeHead } from '../flow/peer.ts'

const [host = '', localAddress = '', attack = '', token = ''] = process.argv.slice(2)
const { hostname, port } = new URL(`http://${host}`)
const PING = 9
const TEXT = 1
const COMPRESSED = 4
const AT_ONCE = 64
const FRAMES = 1_000
const TRICKLE_MS = 100
const SLOW_SOCKETS = 50

const login: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` }
const request = (line: string, more = ''): string => `${line} HTTP/1.1\r\nhost: ${host}\r\n${token === '' ? '' : `authorization: Bearer ${token}\r\n`}${more}\r\n`

const attacks: Record<string, () => Promise<void>> = {
  'one-byte frames': () => flood(Buffer.concat(Array.from({ length: FRAMES }, () => clientFrame(2, 'x')))),
  'maximal frames': () => flood(clientFrame(2, Buffer.alloc(65_536))),
  'frames that look compressed': () => flood(Buffer.concat(Array.from({ length: FRAMES }, () => clientFrame(2, 'x', { reserved: COMPRESSED })))),
  pings: () => flood(Buffer.concat(Array.from({ length: FRAMES }, () => clientFrame(PING, 'x')))),
  'fragments without end': () => flood(Buffer.concat([clientFrame(2, 'x', { fin: false }), ...Array.from({ length: FRAMES }, () => clientFrame(0, 'x', { fin: false }))])),
  'frames byte by byte': () => trickle(),
  'connect and disconnect': () => visits(upgradeHead(host, '/ws/attacker', login)),
  'all records from the beginning, again and again': () => visits(upgradeHead(host, '/ws/attacker?since=earliest', login)),
  'failed logins': () => visits(upgradeHead(host, '/ws/attacker', { authorization: 'Bearer guess' })),
  requests: () => visits(request('GET /v1/devices')),
  'half requests': () => visits('GET /ws/attacker HTTP/1.1\r\nhost:', false, FRAMES),
  '10,000 half requests': () => visits('GET /ws/attacker HTTP/1.1\r\nhost:', false, 10_000),
  'a watcher of all who reads nothing': () => deaf(),
  'the messages of an operator': () => visits(request('POST /v1/devices/attacker/messages', 'content-type: application/json\r\ncontent-length: 10\r\n').concat('{"data":1}'))
}

/** A socket of ours; undefined where it is refused. */
async function upgraded (changes: Record<string, string> = {}): Promise<Peer | undefined> {
  const peer = await Peer.upgraded(host, '/ws/attacker', { ...login, ...changes }, localAddress).catch(() => undefined)
  peer?.ended.catch(() => {})
  return peer
}

/** Writes the same bytes for ever, on a socket that is opened again whenever it is closed. */
async function flood (bytes: Buffer): Promise<void> {
  for (;;) {
    const peer = await upgraded()
    if (peer === undefined) await setImmediate()
    while (peer?.socket.writable === true) {
      underWay()
      if (peer.socket.write(bytes)) await setImmediate()
      else await drained(peer.socket)
    }
  }
}

async function drained (socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
}

/** Opens connections for ever, so many at a time, and writes that on each; `leaves`: hangs up when it is answered. */
async function visits (bytes: string, leaves = true, atOnce = AT_ONCE): Promise<void> {
  const open = new Set<Socket>()
  for (;;) {
    while (open.size < atOnce) {
      const socket = connect({ host: hostname, port: Number(port), localAddress })
      open.add(socket)
      socket.on('error', () => {}).on('close', () => open.delete(socket)).on('data', (chunk: Buffer) => {
        if (chunk.includes('HTTP/1.1 401')) say('refused')
        if (leaves) socket.destroy()
      })
      socket.write(bytes, underWay)
    }
    await setImmediate()
  }
}

/** Some sockets on each of which one frame comes a byte at a time. */
async function trickle (): Promise<void> {
  const frame = clientFrame(2, Buffer.alloc(60_000))
  const peers: Peer[] = []
  for (let at = 0; ; at++) {
    for (let n = 0; n < SLOW_SOCKETS; n++) {
      if (peers[n]?.socket.writable !== true) peers[n] = await upgraded() ?? peers[n] as Peer
      peers[n]?.socket.write(frame.subarray(at % frame.length, at % frame.length + 1))
    }
    underWay()
    await delay(TRICKLE_MS)
  }
}

/** Follows what everybody sends, and reads nothing of it. */
async function deaf (): Promise<void> {
  for (;;) {
    const peer = await upgraded({ 'sec-websocket-protocol': 'sluice.v1' })
    peer?.socket.write(clientFrame(TEXT, '{"type":"watch","device":"*"}'), underWay)
    peer?.socket.pause()
    await (peer?.ended ?? setImmediate())
  }
}

const said = new Set<string>()
function say (word: string): void {
  if (!said.has(word)) process.send?.(word)
  said.add(word)
}
function underWay (): void { say('under way') }

process.on('unhandledRejection', () => {}) // a connection that is refused is what it came for
process.on('disconnect', () => process.exit())
await attacks[attack]?.()
