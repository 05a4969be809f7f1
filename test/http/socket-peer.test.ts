import { PassThrough } from 'node:stream'
import t from 'tap'
import type { WebSocket } from 'ws'
import { SocketPeer } from '../../src/http/socket-peer.ts'

const frame = Buffer.alloc(100)

/** A network that takes `highWaterMark` bytes before it is full. */
function peerOver (highWaterMark: number) {
  const network = new PassThrough({ highWaterMark })
  return { network, peer: new SocketPeer({ _socket: network } as unknown as WebSocket) }
}

await t.test('a socket that has taken everything is drained in a later turn, one that has not when it has', async t => {
  const { network, peer } = peerOver(150)
  let drained = 0
  peer.write(frame)
  peer.drained(() => { drained += 1 })
  t.equal(drained, 0, 'not within the call')
  await new Promise(setImmediate)
  t.equal(drained, 1)

  while (!network.writableNeedDrain) peer.write(frame)
  const waiting = peer.waitingBytes
  t.ok(waiting > 0)
  peer.drained(() => { drained += 1 })
  await new Promise(setImmediate)
  t.strictSame([drained, peer.waitingBytes], [1, waiting], 'nobody has read')
  const order: number[] = []
  const once = Promise.all(Array.from({ length: 20 }, (_, n) => new Promise<void>((resolve) => { peer.drained(() => { order.push(n); resolve() }) })))
  t.equal(network.listenerCount('drain'), 1, 'one is enough for all')
  network.resume()
  await once
  t.strictSame([drained, peer.waitingBytes], [2, 0])
  t.strictSame(order, Array.from({ length: 20 }, (_, n) => n))
})

await t.test('what is written to a socket that has ended goes nowhere', async t => {
  const { network, peer } = peerOver(1_000)
  network.end()
  t.doesNotThrow(() => peer.write(frame))
  t.equal(network.readableLength, 0)
})
