/**
 * ws and nothing else. It answers a text frame with an ack that says nothing, and with a rate and a length of bursts in its arguments sends
 * frames like the gateway's to its sockets in turn, which bounds what any gateway on ws can do.
 */
import { WebSocketServer } from 'ws'
import { stampedValue } from '../generators/stamp.js'

const TICK_MS = 1
const TURN = 400
const MOST_WAITING = 256 * 1024
const [perS, burst] = process.argv.slice(2).map(Number)
const sockets = []
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, clientTracking: false, handleProtocols: ([first]) => first })

server.on('connection', (ws) => {
  ws.on('error', () => {})
  sockets.push(ws)
  ws.on('close', () => sockets.splice(sockets.indexOf(ws), 1))
  ws.on('message', (text) => ws.send(`{"type":"ack","id":${/"id":(\d+)/.exec(text)[1]}}`))
})

function send (ws) {
  ws.send(Buffer.from(`{"type":"message","data":${stampedValue().latin1Slice()},"time":${Date.now()}}`, 'latin1'), { binary: false })
}

const began = performance.now()
let done = 0
function tick () {
  if (sockets.length === 0) {
    done = (performance.now() - began) / 1000 * perS
    return
  }
  const due = Math.min(done + TURN, (performance.now() - began) / 1000 * perS)
  for (; done < due; done += burst) {
    const ws = sockets[Math.floor(done / burst) % sockets.length]
    for (let n = 0; n < burst && ws.bufferedAmount < MOST_WAITING; n++) send(ws)
  }
}
if (perS > 0) setInterval(tick, TICK_MS)

server.once('listening', () => console.log(JSON.stringify({ address: `127.0.0.1:${server.address().port}` })))
process.once('SIGTERM', () => process.exit())
