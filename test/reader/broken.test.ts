import t from 'tap'
import { Behind } from '../../src/reader/behind.ts'
import type { Session } from '../../src/session/session.ts'
import { kafkajsBatch, marker, plain } from '../wire/batches.ts'
import { given } from './given.ts'

const VALUE_OF_MARKER = 61

await t.test('a marker that is broken is told once, and a walk that comes past it again goes on', async t => {
  const { reader, join, settle, undecodable } = given()
  const parts = [
    await kafkajsBatch([plain('0', 'x')], { baseOffset: 0, producerId: 7, transactional: true }), await marker('abort', 7, 1),
    await kafkajsBatch([plain('2', 'd')], { baseOffset: 2 }), await kafkajsBatch([plain('3', 'd')], { baseOffset: 3 })
  ]
  parts[1]![VALUE_OF_MARKER] = 0x7f
  const buffer = Buffer.concat(parts)
  reader.chunk({ from: 0, next: 4, buffer, at: 0, end: buffer.length, aborted: [{ producerId: 7n, firstOffset: 0 }] })
  t.equal(undecodable.length, 1)
  const waiter = join('d', 0)
  waiter.fullAt = 1 // so that the rest is walked when it has had a turn
  await settle()
  waiter.drain()
  await settle()
  t.strictSame([waiter.got, waiter.isLive, waiter.undecodables], [[2, 3], true, 1])
})

await t.test('a piece that cannot be walked at all is told, to who is live and to who is on the way', async t => {
  const { reader, join, settle, undecodable } = given()
  const buffer = Buffer.alloc(80) // a batch that is shorter than its header
  reader.chunk({ from: 0, next: 4, buffer, at: 0, end: buffer.length, aborted: [] })
  t.match(undecodable, [/^0-3 .*shorter/])
  const waiter = join('d', 2)
  await settle()
  t.strictSame([waiter.isLive, waiter.undecodables], [true, 1])
})

await t.test('who waits is told its own cursor, witness and all; and none from when the topic was cut until it is known where it goes on (G5)', async t => {
  const { held } = given()
  for (let n = 0; n < 10; n++) held.append(['d'])
  const { reader, settle } = given({ held, begin: 10 })
  const lost: string[] = []
  const session = { device: 'd', isFull: false, closing: false, downlink: { deliver: () => {} } } as unknown as Session
  const behind = new Behind(session, 1, reader, 123, { live: () => {}, lost: (_behind, reason) => { lost.push(reason) } })
  t.equal(behind.place, undefined)
  behind.begin(5, { batchMs: 42, epoch: 0 })
  t.strictSame(behind.place, { partition: 0, offset: 5, batchMs: 42, epoch: 0 })
  await settle()
  t.strictSame([lost, behind.place], [['truncated'], undefined])
  behind.begin(2)
  t.match(behind.place, { offset: 2 })
})
