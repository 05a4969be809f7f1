import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'

/**
 * A WebSocket client on a bare TCP socket: it writes frames that were made beforehand and looks at those that come, and so costs
 * little beside what is measured.
 */
export function openSocket (address, device, protocol, onFrame) {
  const [host, port] = address.split(':')
  const socket = connect({ host, port: Number(port), noDelay: true })
  let rest
  let open = false
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', () => reject(new Error(`${device} was closed before it was open`)))
    socket.on('connect', () => socket.write(
      `GET /ws/${device} HTTP/1.1\r\nHost: ${address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n${protocol === undefined ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`}\r\n`
    ))
    socket.on('data', (data) => {
      let bytes = rest === undefined ? data : Buffer.concat([rest, data])
      rest = undefined
      if (!open) {
        const end = bytes.indexOf('\r\n\r\n')
        if (end === -1) { rest = bytes; return }
        const head = bytes.toString('latin1', 0, end)
        if (!head.startsWith('HTTP/1.1 101')) return reject(new Error(head))
        open = true
        resolve(socket)
        bytes = bytes.subarray(end + 4)
      }
      const at = walk(socket, bytes, onFrame)
      if (at < bytes.length) rest = bytes.subarray(at)
    })
  })
}

const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0])

/** Hands on `bytes[from, to)` of each whole frame; gives the place behind the last. */
function walk (socket, bytes, onFrame) {
  let at = 0
  for (;;) {
    if (bytes.length - at < 2) return at
    let length = bytes[at + 1]
    let from = at + 2
    if (length === 126) {
      if (bytes.length - at < 4) return at
      length = bytes.readUInt16BE(from)
      from += 2
    }
    if (from + length > bytes.length) return at
    const opcode = bytes[at] & 0x0f
    if (opcode === 9) socket.write(PONG)
    else if (opcode !== 10) onFrame(bytes, from, from + length, opcode)
    at = from + length
  }
}
