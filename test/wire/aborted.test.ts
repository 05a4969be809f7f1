import t from 'tap'
import { walkBatches } from '../../src/wire/batch-walk.ts'
import { kafkajsBatch, marker, plain, remade, values, walk } from './batches.ts'

/** A log is told as words: `7a` is a record of producer 7, `7-` its abort marker, `7+` its commit marker, `a` no transaction. */
async function log (words: string): Promise<Buffer> {
  const batches = words.split(' ').map((word, baseOffset) => {
    const [, producer, what = ''] = /^(\d*)(.+)$/.exec(word) ?? []
    if (what === '-' || what === '+') return marker(what === '-' ? 'abort' : 'commit', Number(producer), baseOffset)
    return kafkajsBatch([plain(word)], { baseOffset, producerId: Number(producer || -1), transactional: producer !== '' })
  })
  return Buffer.concat(await Promise.all(batches))
}

function aborted (...firsts: Array<[producerId: number, firstOffset: number]>) {
  return firsts.map(([producerId, firstOffset]) => ({ producerId: BigInt(producerId), firstOffset }))
}

await t.test('a committed transaction is read, its marker is not', async t => {
  const walked = walk(await log('1a 1b 1+ c'))
  t.strictSame(values(walked), ['1a', '1b', 'c'])
  t.equal(walked.next, 4)
})

await t.test('an aborted one is not read, what is no transaction is', async t => {
  const walked = walk(await log('a 1b c 1d 1- e'), 0, aborted([1, 1]))
  t.strictSame(values(walked), ['a', 'c', 'e'])
  t.equal(walked.next, 6)
})

await t.test('a producer that aborts once is read before and after', async t => {
  t.strictSame(values(walk(await log('1a 1+ 1b 1- 1c 1+'), 0, aborted([1, 2]))), ['1a', '1c'])
})

await t.test('several producers interleave, and abort each for itself', async t => {
  const bytes = await log('1a 2a 3a 1b 2- 3b 2b 1- 3c 2c 3+ 2+ 1c 1-')
  t.strictSame(values(walk(bytes, 0, aborted([1, 12], [2, 1], [1, 0]))), ['3a', '3b', '2b', '3c', '2c'], 'in whatever order they are told')
})

await t.test('reading may begin within an aborted transaction', async t => {
  t.strictSame(values(walk(await log('1a 1b 1c 1- d'), 2, aborted([1, 0]))), ['d'])
})

await t.test('a control batch that makes no sense is told, and ends no transaction', async t => {
  const [first, nonsense, rest] = [await log('1a'), remade(await marker('abort', 1, 1), { body: Buffer.from([2]) }), await kafkajsBatch([plain('b')], { baseOffset: 2 })]
  const walked = walk(Buffer.concat([first, nonsense, rest]), 0, aborted([1, 0]))
  t.strictSame([values(walked), walked.undecodable.map(([from, to]) => [from, to])], [['b'], [[1, 1]]])
})

await t.test('a marker with too short a key ends nothing', async t => {
  const short = remade(await kafkajsBatch([plain('', 'abc')], { baseOffset: 1, producerId: 1 }), { attributes: 0x30 })
  const more = await kafkajsBatch([plain('c')], { baseOffset: 2, producerId: 1, transactional: true })
  t.strictSame(values(walk(Buffer.concat([await log('1a'), short, more]), 0, aborted([1, 0]))), [])
})

await t.test('what was walked before is not given again, and its abort marker still ends the transaction', async t => {
  const bytes = await log('1a 1b 1- 1c d 1+')
  const given: string[] = []
  const next = walkBatches(bytes, 0, bytes.length, 3, aborted([1, 0]), {
    record: (record) => given.push(String(record.value())),
    undecodable: (_from, _to, reason) => t.fail(reason)
  }, 0)
  t.strictSame([given, next], [['1c', 'd'], 6])
})
