/** One hostile device, in a process of its own: `attacker.ts host:port attack`. It ends when it is killed. */

import { connect, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { clientFrame, Peer, upgradeHead } from './peer.ts'

const [host = '', attack = ''] = process.argv.slice(2)
const { hostname, port } = new URL(`http://${host}`)
const PING = 9
const AT_ONCE = 64
const FRAMES = 1_000

const attacks: Record<string, () => Promise<void>> = {
  'one-byte frames': () => flood(Buffer.concat(Array.from({ length: FRAMES }, () => clientFrame(2, 'x')))),
  'maximal frames': () => flood(clientFrame(2, Buffer.alloc(65_536))),
  pings: () => flood(Buffer.concat(Array.from({ length: FRAMES }, () => clientFrame(PING, 'x')))),
  'fragments without end': () => flood(Buffer.concat([clientFrame(2, 'x', { fin: false }), ...Array.from({ length: FRAMES }, () => clientFrame(0, 'x', { fin: false }))])),
  'connect and disconnect': () => visits(upgradeHead(host, '/ws/attacker')),
  requests: () => visits(`GET /v1/devices HTTP/1.1\r\nhost: ${host}\r\n\r\n`),
  'half requests': () => visits('GET /ws/attacker HTTP/1.1\r\nhost:', false)
}

/** Writes the same bytes for ever, on a socket that is opened again whenever it is closed. */
async function flood (bytes: Buffer): Promise<void> {
  for (;;) {
    const peer = await Peer.upgraded(host, '/ws/attacker').catch(() => undefined)
    if (peer === undefined) await setImmediate()
    peer?.ended.catch(() => {})
    while (peer?.socket.writable === true) {
      underWay()
      if (peer.socket.write(bytes)) await setImmediate()
      else await new Promise<void>((resolve) => { peer.socket.once('drain', resolve).once('close', () => resolve()) })
    }
  }
}

/** Opens connections for ever, some at a time, and writes that on each; `leaves`: hangs up when it is answered. */
async function visits (bytes: string, leaves = true): Promise<void> {
  const open = new Set<Socket>()
  for (;;) {
    while (open.size < (leaves ? AT_ONCE : FRAMES)) {
      const socket = connect({ host: hostname, port: Number(port) })
      open.add(socket)
      socket.on('error', () => {}).on('close', () => open.delete(socket)).on('data', () => { if (leaves) socket.destroy() })
      socket.write(bytes, underWay)
    }
    await setImmediate()
  }
}

let told = false
function underWay (): void {
  if (!told) process.send?.('under way')
  told = true
}

process.on('unhandledRejection', () => {}) // a connection that is refused is what it came for
process.on('disconnect', () => process.exit())
await attacks[attack]?.()
