import t from 'tap'
import { frame } from '../flow/rfc6455-frames.ts'
import { Random } from '../ledger/random.ts'
import { corpusOf, lineOf } from './corpus.ts'
import { isGood } from './decoders/logins.ts'
import { shapeOf } from './decoders/shape.ts'
import { frames } from './draw/frames.ts'
import { handshake, request } from './draw/heads.ts'
import { message } from './draw/messages.ts'
import { OPERATOR, token } from './draw/tokens.ts'
import { fuzz, MAX_GROWTH_BYTES } from './fuzz.ts'
import { Finding, must } from './kind.ts'
import { mutate } from './mutate.ts'
import { answers } from './network/answers.ts'
import { serverFrames } from './network/server-frames.ts'
import { readOptions } from './options.ts'
import { story, table, Tally, type Failure } from './tally.ts'

const SECONDS = 10
t.setTimeout(120_000) // on a machine that is busy a gateway takes long to start
const KINDS = 14

await t.test('ten seconds of what nobody should send: no fault, no growth, and a neighbour is served', async (t) => {
  const { tally, served, grewBytes } = await fuzz({ ...readOptions([]), seconds: SECONDS }, (failure) => t.fail(story(failure, 1)))
  t.equal(tally.failed, 0)
  t.equal(tally.inputs.size, KINDS)
  t.ok(served > 0)
  t.ok(grewBytes <= MAX_GROWTH_BYTES)
  t.comment(table(tally))
})

await t.test('the same seed draws the same', async (t) => {
  for (const draw of [message, token, handshake, request, frames] as Array<(random: Random) => string | Buffer>) {
    const drawn = Array.from({ length: 3 }, () => [1, 2, 3].map((seed) => mutate(Buffer.from(draw(new Random(seed)) as string), new Random(seed)).toString('hex')))
    t.same(drawn[0], drawn[1])
    t.equal(new Set(drawn[0]).size, 3)
  }
})

await t.test('a finding is told with what it takes to have it again', async (t) => {
  const told: Failure[] = []
  const tally = new Tally((failure) => told.push(failure))
  const input = Buffer.from([0, 0x41, 0xff])
  tally.tried('decode')
  for (const n of [1, 2]) tally.failedWith('decode', new Finding(`id ${n}`), input)
  tally.failedWith('the gateway', new Error('of another kind'))
  t.same(told.map(({ kind, message }) => [kind, message.split('\n')[0]]), [['decode', 'id 1'], ['the gateway', 'Error: of another kind']])
  t.same([tally.total, tally.failed], [1, 3])
  t.match(story(told[0] as Failure, 7), /seed 7; again: npm run fuzz -- --kind 'decode' --hex 0041ff\n.*"\\u0000A\\u00ff"$/)
  t.match(table(tally), /decode +1 +2\n/)
  t.same(Buffer.from(JSON.parse(lineOf(input)) as string, 'latin1'), input)
})

await t.test('what has a corpus', async (t) => {
  for (const kind of ['frames of sluice.v1', 'frames of raw mode', 'handshakes', 'requests', 'JSON scanner', 'decode', 'JWT reading', 'cursors and times']) t.ok(corpusOf(kind).length > 5, kind)
})

await t.test('answers that may not be are found', async (t) => {
  const answer = (status: number, body: string, type = 'application/json'): Buffer => Buffer.from(`HTTP/1.1 ${status} X\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  const notFound = '{"code":"not-found","message":"x"}'
  t.same(answers(Buffer.concat([answer(200, 'x', 'text/plain'), answer(404, notFound)])), [200, 404])
  t.same(answers(answer(503, '{"code":"positions-full","message":"x"}')), [503])
  const wrong: Array<[bytes: Buffer, why: RegExp]> = [
    [answer(500, '{"code":"internal","message":"x"}'), /^500/], [answer(503, '{"code":"kafka-away","message":"x"}'), /^503/],
    [answer(400, notFound), /without its code/], [answer(404, '{"code":"not-found"}'), /without its code/], [answer(404, 'x'), /without its code/],
    [answer(404, notFound, 'text/plain'), /no JSON/], [answer(302, ''), /^302/], [Buffer.from('HTTP/1.1 200 OK\r\n'), /without an end/], [Buffer.from('hello\r\n\r\n'), /no status line/]
  ]
  for (const [bytes, why] of wrong) t.throws(() => answers(bytes), why, bytes.toString())
})

await t.test('frames of a server that may not be are found', async (t) => {
  const welcome = frame(1, '{"type":"welcome"}', { masked: false })
  const closed = (code: number, reason: string): Buffer => frame(8, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]), { masked: false })
  serverFrames(Buffer.concat([welcome, frame(9, '', { masked: false }), closed(1000, '')]), false)
  const wrong: Array<[bytes: Buffer[], why: RegExp]> = [
    [[frame(1, '{"type":"welcome"}')], /masked/], [[frame(1, 'x'.repeat(9), { masked: false, form: 16 })], /too long/], [[frame(1, '', { masked: false, rsv: 4 })], /begins with c1/],
    [[frame(1, '{"type":"ack"}', { masked: false })], /where it is not due/], [[welcome, welcome], /where it is not due/], [[welcome, closed(4005, 'internal: x')], /a close with 4005/],
    [[welcome, closed(1000, ''), frame(9, '', { masked: false })], /behind the close/], [[frame(1, Buffer.from([0xff]), { masked: false })], /not UTF-8/], [[welcome, frame(2, '', { masked: false })], /opcode 2/]
  ]
  for (const [bytes, why] of wrong) t.throws(() => serverFrames(Buffer.concat(bytes), false), why, String(why))
})

await t.test('what the decoders are held against', async (t) => {
  t.same(shapeOf('{"a":[{"b":1}],"c":{"a":"\\"a\\":"}}'), { depth: 3, namesTwice: false })
  t.same(shapeOf('[{"a":1,"\\u0061":2}]'), { depth: 2, namesTwice: true })
  t.ok(isGood(OPERATOR))
  t.notOk(isGood(`${OPERATOR}A`))
  t.throws(() => must(false, 'otherwise'), new Finding('otherwise'))
})

await t.test('what is asked for', async (t) => {
  t.same(readOptions(['--seed', '7', '--seconds', '5', '--kind', 'decode', '--hex', '00']), { seed: 7, seconds: 5, inputs: 10_000_000, kind: 'decode', hex: '00' })
  for (const argv of [['--seed', 'x'], ['--inputs', '0'], ['--hex', '00'], ['--kind', 'decode', '--hex', '0'], ['--what']]) t.throws(() => readOptions(argv), Error, argv.join(' '))
})
