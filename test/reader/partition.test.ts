import t from 'tap'
import { ATTRIBUTES, CRC } from '../../src/wire/batch.ts'
import { crc32c } from '../../src/wire/crc32c.ts'
import { given } from './given.ts'
import { HeldPartition } from './held-partition.ts'

/** A partition of so many batches of one record, for `a` and others in turn. */
function filled (batches: number, others = ['b', 'c']): HeldPartition {
  const held = new HeldPartition()
  for (let n = 0; n < batches; n++) held.append(['a', ...others])
  return held
}

await t.test('all who wait share a walk: each piece is read once, for a thousand as for one', async t => {
  const { held, join, settle } = given({ held: filled(30) })
  const all = Array.from({ length: 1_000 }, (_, n) => join(n % 2 === 0 ? 'a' : 'b', n % 30, held.witness(n % 30)))
  await settle()
  t.ok(all.every((one) => one.isLive && one.got.join() === held.offsetsOf(one.device).filter((offset) => offset >= one.from).join()))
  t.equal(held.fetches, 10, 'thirty batches, three a piece')
})

await t.test('what one walk has read is there for those who come after it', async t => {
  const { held, join, settle, tail } = given({ held: filled(30) })
  tail()
  join('a', 0)
  await settle()
  const { fetches } = held
  const late = join('a', 0)
  await settle()
  t.ok(late.isLive && late.got.length === 30)
  t.equal(held.fetches, fetches)
})

await t.test('who has nothing waiting is live at once, without a read', async t => {
  const { held, join, tail } = given({ held: filled(3) })
  const begin = held.end
  for (let n = 0; n < 50; n++) held.append(['b'])
  tail()
  const witnesses = [begin, begin + 1, begin + 50].map((at) => held.witness(at))
  for (const [n, at] of [begin, begin + 1, begin + 50].entries()) t.ok(join('a', at, witnesses[n]).isLive, `from ${at}`)
  t.notOk(join('b', begin + 49, held.witness(begin + 49)).isLive, 'but who has something is not')
  t.equal(held.fetches, 0)
})

await t.test('who is near does not wait for who is far', async t => {
  const { clock, held, join } = given({ held: filled(300), nearRecords: 30 })
  const far = join('a', 0)
  const near = join('a', held.end - 30)
  clock.turn()
  clock.advance(1_000)
  t.equal(held.asked.length, 2, 'two walks at a time')
  for (let n = 0; n < 100 && !near.isLive; n++) {
    for (const asked of held.asked.splice(0)) asked.answer()
    await new Promise(setImmediate)
    clock.turn()
  }
  t.ok(near.isLive && !far.isLive)
  t.equal(near.got.length, 10)
})

await t.test('a batch with more for one socket than it takes is given to it in parts, and to its neighbours once', async t => {
  const { clock, held, join, settle, tail } = given()
  held.append(Array.from({ length: 30 }, (_, n) => n % 3 === 2 ? 'b' : 'a'))
  held.append(['b', 'a'])
  tail()
  const slow = join('a', 0)
  const [sibling, neighbour] = [join('a', 0), join('b', 0)]
  for (let rounds = 0; !slow.isLive; rounds++) {
    const had = slow.got.length
    slow.fullAt = had + 3
    slow.drain()
    await settle()
    t.ok(slow.got.length <= had + 3, `no more than it takes: ${slow.got.length - had}`)
    if (rounds === 0) t.strictSame([sibling.isLive, neighbour.isLive, slow.isLive], [true, true, false])
  }
  for (const one of [slow, sibling, neighbour]) t.strictSame(one.got, held.offsetsOf(one.device))
  clock.turn()
})

await t.test('what cannot be decoded in a batch that is walked in parts is told once', async t => {
  const { held, join, settle, tail } = given()
  held.append(['a', 'a', 'a', 'a'])
  const { bytes } = held.batches[0] as { bytes: Buffer }
  bytes.fill(0xff, bytes.length - 4)
  bytes.writeUInt32BE(crc32c(bytes, ATTRIBUTES, bytes.length), CRC)
  tail()
  const waiter = join('a', 0)
  waiter.fullAt = 2
  await settle()
  t.strictSame([waiter.got, waiter.undecodables], [[0, 1], 0])
  waiter.drain()
  await settle()
  t.strictSame([waiter.got, waiter.undecodables, waiter.isLive], [[0, 1, 2], 1, true])
})

await t.test('devices come back one by one: a walk rests three times as long as it took, a second at most, and who comes meanwhile shares the next', async t => {
  const { clock, join, tail, shared } = given({ begin: 0, held: filled(30) })
  tail()
  for (const [walkMs, restMs] of [[20, 60], [10_000, 1_000], [0, 0]] as const) {
    const first = join('a', 0)
    const take = first.take.bind(first)
    first.take = (delivery) => {
      if (first.got.length === 0) shared.walkedMs += walkMs
      take(delivery)
    }
    clock.turn()
    t.ok(first.isLive)
    await new Promise(setImmediate)
    const [second, third] = [join('a', 0), join('b', 1)]
    clock.turn()
    t.equal(second.isLive, restMs === 0)
    clock.advance(Math.max(0, restMs - 1))
    t.equal(third.isLive, restMs === 0)
    clock.advance(1)
    t.ok(second.isLive && third.isLive)
    await new Promise(setImmediate)
  }
})

await t.test('however many come back to what is in memory, who needs Kafka has its turn', async t => {
  const { clock, held, join, tail } = given({ begin: 45, held: filled(30) })
  tail()
  const first = join('a', 45)
  first.isFull = true
  const patient = join('a', 0)
  clock.turn()
  t.strictSame([first.got.length, held.asked.length], [1, 0], 'one walk is under way')
  clock.advance(1_000)
  join('a', 45)
  for (let n = 0; n < 3; n++) {
    clock.turn()
    await new Promise(setImmediate)
  }
  t.equal(held.asked.length, 1)
  t.notOk(patient.isLive)
})

await t.test('retention has passed its cursor: a gap is told, and it goes on with the first record that there is (G5)', async t => {
  const { held, join, settle } = given({ held: filled(30) })
  const witness = held.witness(6)
  held.drop(45)
  const waiter = join('a', 6, witness)
  await settle()
  t.strictSame([waiter.lostFor, waiter.isLive, waiter.got], [['retention'], true, held.offsetsOf('a').filter((offset) => offset >= 45)])
})

await t.test('retention has passed what stood before its cursor, and no more: there is no gap', async t => {
  const { held, join, settle } = given({ held: filled(30) })
  const witness = held.witness(45)
  held.drop(45)
  const waiter = join('a', 45, witness)
  await settle()
  t.strictSame([waiter.lostFor, waiter.isLive, waiter.got.length], [[], true, 15])
})

await t.test('retention has taken all that there was: a gap is told, and it is live (G5)', async t => {
  const { clock, held, join } = given({ held: filled(3) })
  const witness = held.witness(3)
  held.drop(held.end)
  const waiter = join('a', 3, witness)
  for (let n = 0; n < 20; n++) { // nothing comes that would end the walk
    clock.turn()
    clock.advance(1_000)
    for (const asked of held.asked.splice(0)) asked.answer()
    await new Promise(setImmediate)
  }
  t.strictSame([waiter.lostFor, waiter.isLive, waiter.got], [['retention'], true, []])
})

await t.test('the tail goes on in the middle of a batch: a socket that is full where it stands misses nothing of the rest', async t => {
  const { held, join, settle, reader, tail } = given({ begin: 0 })
  held.append(['b', 'b', 'a', 'a'])
  tail()
  reader.gap(4, 2, 'truncated') // where a time points to
  const waiter = join('a', 0)
  waiter.isFull = true // with what another partition brought
  await settle()
  tail()
  waiter.drain()
  await settle()
  t.strictSame([waiter.got, waiter.isLive], [held.offsetsOf('a'), true])
})

await t.test('another batch stands where its cursor\'s did: the topic was truncated or made anew (G5)', async t => {
  const { held, join, settle } = given({ held: filled(30) })
  const { batchMs } = held.witness(45) ?? { batchMs: 0 }
  const [time, epoch, right] = [join('a', 45, { batchMs: batchMs - 1, epoch: 0 }), join('a', 45, { batchMs, epoch: 1 }), join('a', 45, { batchMs, epoch: 0 })]
  await settle()
  for (const wrong of [time, epoch]) t.strictSame([wrong.lostFor, wrong.isLive, wrong.got], [['truncated'], false, []])
  t.strictSame([right.lostFor, right.isLive, right.got.length], [[], true, 15])
  const end = join('a', held.end, { batchMs: 1, epoch: 0 })
  await settle()
  t.strictSame(end.lostFor, ['truncated'], 'at the end of it too, where nothing would be read')
})

await t.test('a cursor beyond the end: of an instance that is ahead, or of what is no more', async t => {
  const { held, join, settle, tail } = given({ held: filled(3) })
  const ahead = held.end + 3
  held.append(['a', 'b', 'c'])
  held.append(['a', 'b', 'c'])
  const waiter = join('a', ahead, held.witness(ahead))
  const lost = join('a', 1_000, { batchMs: 1, epoch: 0 })
  await settle()
  t.strictSame([waiter.isLive, waiter.got, lost.lostFor], [false, [], ['truncated']])
  tail()
  await settle()
  t.strictSame([waiter.isLive, waiter.got, waiter.lostFor], [true, [ahead], []])
})

await t.test('the tail lost its place: those who are on the way begin anew by time, and what was known is forgotten', async t => {
  const { held, join, settle, reader, gaps, tail } = given({ held: filled(30) })
  const waiter = join('a', 0)
  reader.gap(90, 30, 'truncated')
  t.strictSame([gaps, waiter.lostFor, reader.next], [['90>30 truncated'], ['truncated'], 30])
  const quiet = join('b', 10, held.witness(10))
  reader.gap(30, 60, 'retention')
  await settle()
  t.strictSame([quiet.lostFor, quiet.isLive], [[], true], 'who reads behind the tail may still find it all')
  tail()
  t.equal(reader.next, 90)
})

await t.test('of a walk that is under way when the topic is cut nothing is kept, and nobody is given more of it', async t => {
  const { clock, held, join, settle, reader } = given({ held: filled(30) })
  const waiter = join('a', 0)
  clock.turn()
  clock.advance(1_000)
  held.asked.shift()?.answer()
  await new Promise(setImmediate)
  clock.turn()
  await new Promise(setImmediate)
  t.strictSame([waiter.got.length, held.asked.length], [3, 1])
  reader.gap(held.end, 5, 'truncated')
  t.strictSame(waiter.lostFor, ['truncated'])
  held.asked.shift()?.fail()
  await settle()
  t.equal(waiter.got.length, 3)
  held.batches = []
  held.append(['b', 'a'])
  held.append(['a', 'b', 'b'])
  const anew = join('a', 0)
  await settle()
  t.strictSame([anew.got, anew.isLive], [[1, 2], true], 'what stands there now, not what stood there')
})

await t.test('a socket that is parked when the topic is cut begins anew, too', async t => {
  const { clock, held, join, settle, reader, tail } = given({ held: filled(30) })
  const waiter = join('a', 0)
  const gone = join('b', 0)
  waiter.isFull = gone.isFull = true
  tail()
  await settle()
  t.strictSame([waiter.isLive, waiter.got.length < 30], [false, true])
  reader.leave(gone)
  gone.drain()
  reader.gap(held.end, 30, 'truncated')
  t.strictSame([waiter.lostFor, gone.lostFor], [['truncated'], []])
  waiter.drain()
  await settle()
  t.notOk(waiter.isLive, 'it joins again when it knows where')
  clock.turn()
})

await t.test('how far somebody has come on the way', async t => {
  const { clock, held, join, reader } = given({ held: filled(30) })
  const waiter = join('a', 3)
  t.strictSame(reader.reached(waiter), { offset: 3, batchMs: 0 })
  clock.turn()
  clock.advance(1_000)
  held.asked.shift()?.answer()
  await new Promise(setImmediate)
  const { offset, batchMs } = reader.reached(waiter)
  t.ok(offset > 3 && batchMs === held.witness(offset)?.batchMs, `${offset}`)
})

await t.test('a fetch that is only said to be out of range is made again', async t => {
  const { clock, held, join, settle } = given({ held: filled(6) })
  const waiter = join('a', 0)
  clock.turn()
  clock.advance(1_000)
  held.asked.shift()?.deny()
  await settle()
  t.strictSame([waiter.lostFor, waiter.isLive, waiter.got.length], [[], true, 6])
})

await t.test('a fetch that is out of range while nobody tells the range is made again; where less is left than was read the topic was cut', async t => {
  const { clock, held, join, settle } = given({ held: filled(6) })
  const [waiter, cut] = [join('a', 0), join('b', 12)]
  clock.turn()
  clock.advance(1_000)
  held.isAway = true
  held.asked.shift()?.deny()
  await new Promise(setImmediate)
  t.strictSame([waiter.lostFor, held.asked.length], [[], 0])
  clock.advance(250)
  await new Promise(setImmediate)
  held.asked.shift()?.answer()
  await new Promise(setImmediate)
  clock.turn()
  await new Promise(setImmediate)
  t.strictSame([waiter.got, cut.got], [[0, 3, 6], []])
  held.isAway = false
  held.batches.length = 2
  await settle()
  for (const one of [waiter, cut]) t.strictSame([one.lostFor, one.isLive], [['truncated'], false])
})

await t.test('a cursor beyond the end waits while Kafka does not say where the end is', async t => {
  const { held, join, settle, tail } = given({ held: filled(3) })
  const ahead = held.end + 1
  held.isAway = true
  const waiter = join('a', ahead)
  await settle()
  t.strictSame([waiter.isLive, waiter.lostFor], [false, []])
  held.isAway = false
  held.append(['b', 'a'])
  await settle()
  tail()
  await settle()
  t.strictSame([waiter.isLive, waiter.got, waiter.lostFor], [true, [ahead], []])
})

await t.test('records without a key are nobody\'s', async t => {
  const { join, settle } = given({ held: filled(2, ['']) })
  const [waiter, nobody] = [join('a', 0), join('', 0)]
  await settle()
  t.strictSame([waiter.got, nobody.got], [[0, 2], []])
})

await t.test('the epoch of a leader falls: it is another topic (G5)', async t => {
  const { held, tail, gaps } = given()
  held.append(['a'], 7)
  tail()
  held.append(['a'], 3)
  tail()
  t.strictSame(gaps, ['1>1 truncated'])
})

await t.test('what cannot be decoded is told to those who are on the way, too', async t => {
  const { held, join, settle, tail, undecodable } = given({ held: filled(3, []) })
  held.append(['a'])
  held.batches[1]?.bytes.writeUInt8(0xff, 65)
  held.batches[3]?.bytes.writeUInt8(0xff, 65)
  tail()
  const waiter = join('a', 0)
  await settle()
  t.strictSame([waiter.got, waiter.undecodables, undecodable], [[0, 2], 2, ['3-3 its checksum does not match']])
})

await t.test('what cannot be decoded is not told to who comes from behind it', async t => {
  const { held, join, settle } = given({ held: filled(6, []) })
  held.batches[2]?.bytes.writeUInt8(0xff, 65)
  const [before, behind, right] = [join('a', 0), join('a', 4), join('a', 3, held.witness(3))]
  await settle()
  t.strictSame([before, behind, right].map(({ got, undecodables }) => [got, undecodables]), [[[0, 1, 3, 4, 5], 1], [[4, 5], 0], [[3, 4, 5], 0]])
})

await t.test('who was away while something could not be decoded is told, also when nothing else came for it (G5)', async t => {
  const { held, join, settle, tail } = given({ held: filled(3, []) })
  const begin = held.end
  held.append(['b'])
  held.append(['b'])
  held.batches[4]?.bytes.writeUInt8(0xff, 65)
  held.append(['b'])
  tail()
  const waiters = [join('a', begin, held.witness(begin)), join('a', begin + 1, held.witness(begin + 1))]
  await settle()
  for (const waiter of waiters) t.strictSame([waiter.got, waiter.undecodables, waiter.isLive], [[], 1, true])
  const { fetches } = held
  t.ok(join('a', begin + 2, held.witness(begin + 2)).isLive, 'who comes from behind it costs no reading')
  t.equal(held.fetches, fetches)
})

await t.test('a record whose headers end nowhere is told, and holds up none behind it', async t => {
  const held = filled(3, [])
  const { bytes } = held.batches[1] as { bytes: Buffer }
  bytes.writeUInt8(2, bytes.length - 1) // says that one header follows
  bytes.writeUInt32BE(crc32c(bytes, ATTRIBUTES, bytes.length), CRC)
  const { join, settle } = given({ held })
  const waiter = join('a', 0)
  await settle()
  t.strictSame([waiter.got, waiter.undecodables, waiter.isLive], [[0, 2], 1, true])
})

await t.test('a record whose headers end nowhere is not told to who stands behind it', async t => {
  const held = filled(3, [])
  const { bytes } = held.batches[0] as { bytes: Buffer }
  bytes.writeUInt8(2, bytes.length - 1) // says that one header follows
  bytes.writeUInt32BE(crc32c(bytes, ATTRIBUTES, bytes.length), CRC)
  const { join, settle } = given({ held })
  const [before, behind] = [join('a', 0), join('a', 1, held.witness(1))]
  await settle()
  t.strictSame([before, behind].map(({ got, undecodables }) => [got, undecodables]), [[[1, 2], 1], [[1, 2], 0]])
})

await t.test('Kafka does not answer: it is asked again', async t => {
  const { clock, held, join, settle } = given({ held: filled(3, []) })
  const waiter = join('a', 0)
  clock.turn()
  clock.advance(1_000)
  held.asked.shift()?.fail()
  await settle()
  t.strictSame([waiter.got, waiter.isLive], [[0, 1, 2], true])
})
