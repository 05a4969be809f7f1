import t from 'tap'
import { Delivery } from '../../src/hub/delivery.ts'
import type { Mode } from '../../src/session/opening.ts'
import { RecordingPeer } from '../session/given.ts'
import { withBrokenHeaders, withRecord, type Fields } from './records.ts'

/** What a socket of that mode hears of the record: an object, text or bytes; undefined for nothing. */
function heard (fields: Fields, mode: Mode, device?: string): unknown {
  const peer = new RecordingPeer()
  withRecord(fields, (record) => {
    const frame = new Delivery(record, device === undefined ? {} : { device }).frame(mode, false)
    if (frame !== undefined) peer.write(frame)
  })
  return peer.said[0]
}

/** Whether a raw socket hears text, unless the kind is pinned. */
const kinds: Array<[what: string, value: string | Buffer, contentType: string | undefined, text: boolean]> = [
  ['UTF-8, and no type', 'höhe', undefined, true],
  ['not UTF-8, and no type', Buffer.from([0xff, 0xfe]), undefined, false],
  ['nothing at all', '', undefined, true],
  ['text', 'höhe', 'text/plain', true],
  ['text of a character set', 'a', 'TEXT/CSV; charset=utf-8', true],
  ['JSON', 'a', 'application/json', true],
  ['JSON of a character set', 'a', 'application/json; charset=utf-8', true],
  ['JSON of a kind', 'a', 'application/vnd.acme.v1+json', true],
  ['bytes', 'a', 'application/octet-stream', false],
  ['something like JSON', 'a', 'application/jsonx', false],
  ['something else', 'a', 'application/xml', false],
  ['text that is not UTF-8', Buffer.from([0xff]), 'text/plain', false]
]
for (const [what, value, contentType, text] of kinds) {
  await t.test(`raw: ${what}`, async t => {
    const record = { value, headers: contentType === undefined ? {} : { 'content-type': contentType } }
    const bytes = Buffer.from(value)
    t.equal(typeof heard(record, 'raw') === 'string', text)
    t.strictSame(heard(record, 'raw'), text ? bytes.toString() : bytes)
    t.strictSame(heard(record, 'raw-binary'), bytes)
    t.strictSame(heard(record, 'raw-text'), bytes.equals(Buffer.from(bytes.toString())) ? bytes.toString() : bytes, 'text is UTF-8, whoever asks')
  })
}

await t.test('sluice.v1: data where the value is JSON, else base64', async t => {
  const time = 1_790_000_000_000
  const cases: Array<[value: string | Buffer, contentType: string | undefined, fields: object]> = [
    ['{"a":1}', undefined, { data: { a: 1 } }],
    [' [1, 2] ', undefined, { data: [1, 2] }],
    ['1.50', 'application/json', { data: 1.5 }],
    ['"é"', 'application/cloudevents+json; charset=utf-8', { data: 'é' }],
    ['plain', undefined, { base64: 'cGxhaW4=' }],
    ['', undefined, { base64: '' }],
    ['{"a":1', 'application/json', { base64: 'eyJhIjox', contentType: 'application/json' }],
    ['1', 'text/plain', { base64: 'MQ==', contentType: 'text/plain' }],
    [Buffer.from([0x22, 0xff, 0x22]), undefined, { base64: 'Iv8i' }]
  ]
  for (const [value, contentType, fields] of cases) {
    t.strictSame(heard({ value, headers: contentType === undefined ? {} : { 'content-type': contentType } }, 'sluice.v1'), { type: 'message', ...fields, time })
  }
  t.strictSame(heard({ headers: { event: 'set' }, timeMs: 5 }, 'sluice.v1'), { type: 'message', event: 'set', data: 1, time: 5 })
  t.strictSame(heard({}, 'sluice.v1', 'sensor-9'), { type: 'message', device: 'sensor-9', data: 1, time })
})

await t.test('a tombstone is told in sluice.v1 and not in raw mode', async t => {
  t.strictSame(heard({ value: null, headers: { event: 'gone' } }, 'sluice.v1'), { type: 'message', event: 'gone', time: 1_790_000_000_000 })
  for (const mode of ['raw', 'raw-text', 'raw-binary'] as const) t.equal(heard({ value: null }, mode), undefined)
})

await t.test('each form is encoded once', async t => {
  withRecord({ value: 'text' }, (record) => {
    const delivery = new Delivery(record, {})
    for (const mode of ['sluice.v1', 'raw', 'raw-binary'] as const) t.equal(delivery.frame(mode, false), delivery.frame(mode, false))
    t.equal(delivery.frame('raw', false), delivery.frame('raw-text', false))
  })
})

await t.test('headers that end nowhere are an error', async t => {
  withBrokenHeaders((record) => t.throws(() => new Delivery(record, {}), RangeError))
})
