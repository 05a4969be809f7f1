import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import t from 'tap'
import { createCluster, type ProtocolRequest } from '../../src/log/kafka/kafkajs.ts'

const PAYLOAD = Buffer.from('an answer')

/** Whatever is asked: its answer's size, correlation id, and payload. */
function answerTo (request: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeInt32BE(4 + PAYLOAD.length)
  request.copy(head, 4, 8, 12)
  return Buffer.concat([head, PAYLOAD])
}

function question (): ProtocolRequest {
  const body = Buffer.alloc(0)
  return {
    request: { apiKey: 3, apiVersion: 1, apiName: 'Metadata', expectResponse: () => true, encode: () => ({ buf: body, buffer: body }) },
    response: { decode: (payload) => ({ payload, clientSideThrottleTime: 0 }), parse: ({ payload }) => payload },
    logResponseError: false
  }
}

for (const [what, spoil] of [
  ['half an answer', (answer: Buffer) => answer.subarray(0, 10)],
  ['the size of an answer', (answer: Buffer) => answer.subarray(0, 4)],
  ['what no answer can be', () => Buffer.from([0, 0, 0, 2, 0, 0])]
] as const) {
  await t.test(`a connection that ends with ${what} spoils neither the next one nor the process`, async t => {
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket)
      const isFirst = sockets.length === 1
      socket.on('error', () => {})
      socket.on('data', (request) => {
        if (!isFirst) socket.write(answerTo(request))
        else socket.write(spoil(answerTo(request)), () => socket.end())
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { raw, cut } = createCluster({ brokers: [`127.0.0.1:${port}`], clientId: 'test', requestTimeoutMs: 2_000 })
    t.teardown(() => {
      cut()
      server.close()
    })
    const pool = await raw.brokerPool.connectionPoolBuilder.build({ host: '127.0.0.1', port })
    await t.rejects((await pool.getConnection(0)).send(question()))
    t.equal((await (await pool.getConnection(0)).send(question())).toString(), PAYLOAD.toString())
    t.equal(sockets.length, 2)
  })
}
