import t from 'tap'
import { ack, bye, cursorFrame, gap, live, messageFrame, refused, stalled, watching, welcome } from '../../src/protocol/encode.ts'
import { gaps } from '../../src/protocol/gaps.ts'
import { refusals } from '../../src/protocol/refusals.ts'
import { wsFrame } from '../../src/protocol/ws-frame.ts'

const parsed = (bytes: Buffer): unknown => JSON.parse(bytes.toString())

await t.test('each frame of the server', async t => {
  const limits = { maxFrameBytes: 65_536, inFlight: 256, outboxBytes: 1_048_576 }
  t.strictSame(parsed(welcome({ device: 'd', session: 's', cursor: undefined, resuming: true, storage: 'memory', expiresInMs: undefined, heartbeatMs: 30_000, limits })), { type: 'welcome', device: 'd', session: 's', resuming: true, storage: 'memory', heartbeatMs: 30_000, limits })
  t.strictSame(parsed(ack(9_007_199_254_740_991, 5, -1)), { type: 'ack', id: 9_007_199_254_740_991, partition: 5, offset: -1 })
  t.strictSame(parsed(watching(['a', '*'])), { type: 'watching', devices: ['a', '*'] })
  t.strictSame(parsed(cursorFrame('1.c.6.0.1.2.3')), { type: 'cursor', cursor: '1.c.6.0.1.2.3' })
  for (const [reason, message] of Object.entries(gaps)) t.strictSame(parsed(gap(reason as keyof typeof gaps)), { type: 'gap', reason, message })
  t.strictSame(parsed(stalled('why')), { type: 'stalled', message: 'why' })
  t.strictSame([parsed(live('c')), parsed(live(undefined))], [{ type: 'live', cursor: 'c' }, { type: 'live' }])
  t.strictSame(parsed(bye('draining', 1840)), { type: 'bye', code: 4000, reason: 'draining', retryMs: 1840 })
})

await t.test('a refusal says what its table says, or more', async t => {
  for (const [code, { message, temporary, outcome }] of Object.entries(refusals)) {
    t.strictSame(parsed(refused(3, code as keyof typeof refusals)), { type: 'refused', id: 3, code, message, temporary, outcome })
  }
  t.match(parsed(refused(3, 'bad-field', 'event is "wrong"')), { code: 'bad-field', message: 'event is "wrong"', temporary: false })
})

const record = { device: undefined, event: undefined, contentType: undefined, value: null, json: false, timeMs: 1_790_000_000_000, cursor: undefined }

await t.test('a message carries its value as it stands in the record', async t => {
  const text = (fields: object): string => {
    const frame = messageFrame({ ...record, ...fields })
    const headerBytes = frame[1] === 126 ? 4 : 2
    t.ok(frame.equals(wsFrame(frame.subarray(headerBytes), false)), 'a whole text frame')
    return frame.toString('utf8', headerBytes)
  }
  t.equal(text({}), '{"type":"message","time":1790000000000}')
  t.equal(text({ value: Buffer.from('{ "b":1.0, "a":12345678901234567890 }'), json: true }), '{"type":"message","data":{ "b":1.0, "a":12345678901234567890 },"time":1790000000000}')
  t.equal(text({ value: Buffer.from('"日本"'), json: true, event: 'say "é"', device: 'sensor-1' }), '{"type":"message","device":"sensor-1","event":"say \\"é\\"","data":"日本","time":1790000000000}')
  t.equal(text({ value: Buffer.from('1'), json: true, event: 'e', cursor: { head: '1.c.6.3.', offset: 18, batchMs: 5, epoch: 2 } }), '{"type":"message","event":"e","cursor":"1.c.6.3.18.5.2","data":1,"time":1790000000000}')
  t.equal(text({ value: Buffer.from([0, 255]) }), '{"type":"message","base64":"AP8=","time":1790000000000}')
  t.equal(text({ value: Buffer.from('hi'), contentType: 'text/plain; x="y"' }), '{"type":"message","base64":"aGk=","contentType":"text/plain; x=\\"y\\"","time":1790000000000}')
})
