/**
 * What one would write with ws and kafkajs: `bridge.js each` sends each frame on its own, `bridge.js batch` what came in 5 ms or,
 * while Kafka has not answered, since then.
 */
import { WebSocketServer } from 'ws'
import { openProducer } from './kafkajs.js'

const LINGER_MS = 5
const [how, brokers, topic] = process.argv.slice(2)
const producer = await openProducer(brokers)
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, clientTracking: false })

server.on('connection', (ws, request) => {
  const device = decodeURIComponent(request.url.slice('/ws/'.length))
  ws.on('error', () => {})
  ws.on('message', (text) => {
    const { id, data } = JSON.parse(text)
    take(ws, id, { key: device, value: JSON.stringify(data) })
  })
})

const take = how === 'each' ? sendAlone : gather

async function sendAlone (ws, id, message) {
  await producer.send({ topic, acks: -1, messages: [message] })
  ws.send(`{"type":"ack","id":${id}}`)
}

let messages = []
let waiting = new Map()
let busy = false

function gather (ws, id, message) {
  messages.push(message)
  waiting.set(ws, id)
  if (busy) return
  busy = true
  setTimeout(flush, LINGER_MS)
}

async function flush () {
  const acks = waiting
  const batch = messages
  waiting = new Map()
  messages = []
  await producer.send({ topic, acks: -1, messages: batch })
  for (const [ws, id] of acks) ws.send(`{"type":"ack","id":${id}}`)
  if (messages.length > 0) await flush()
  else busy = false
}

server.once('listening', () => console.log(JSON.stringify({ address: `127.0.0.1:${server.address().port}` })))
process.once('SIGTERM', () => process.exit())
