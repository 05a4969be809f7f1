import fc from 'fast-check'
import t from 'tap'
import { cursorHead, formatCursor, parseCursor } from '../../src/protocol/cursor.ts'
import { parseSince } from '../../src/protocol/since.ts'

const NOW = Date.UTC(2026, 10, 23)
const place = fc.record({ partition: fc.nat(999), offset: fc.nat(2 ** 31).map((n) => n * 1000), batchMs: fc.nat(2 ** 31).map((n) => n * 1000), epoch: fc.integer({ min: -1, max: 100_000 }) })
const places = fc.uniqueArray(place, { minLength: 1, maxLength: 20, selector: ({ partition }) => partition }).map((all) => all.sort((a, b) => a.partition - b.partition))

await t.test('what is written is read, and stands in an address as it is', async t => {
  fc.assert(fc.property(fc.nat().map((n) => n.toString(36)), places, (cluster, places) => {
    const text = formatCursor(cluster, 1000, places)
    if (encodeURIComponent(text) !== text) throw new Error(`${text} has to be escaped`)
    t.same(parseCursor(text), { cluster, partitions: 1000, places })
    t.same(parseSince(text, NOW), { kind: 'cursor', cursor: { cluster, partitions: 1000, places } })
  }))
  t.equal(cursorHead('abc', 6) + '3.4.5.6', formatCursor('abc', 6, [{ partition: 3, offset: 4, batchMs: 5, epoch: 6 }]))
})

await t.test('whatever else is given is no cursor, and throws nothing', async t => {
  fc.assert(fc.property(fc.string(), (text) => { parseCursor(text) }))
  const right = '1.abc.6.3.4.5.6'
  t.ok(parseCursor(right))
  const wrong = [
    '', '1', '1.', '1.abc', '1.abc.6', '1.abc.6.', '2.abc.6.3.4.5.6', '1.ABC.6.3.4.5.6', '1..6.3.4.5.6', '1.abc.0.0.4.5.6', '1.abc.6.6.4.5.6', '1.abc.6.-1.4.5.6',
    '1.abc.6.3.4.5', '1.abc.6.3.4.5.6.7', '1.abc.6.3.4.5.-2', '1.abc.6.3.x.5.6', '1.abc.6.3.4.5.6~', '1.abc.6.3.4.5.6~3.4.5.6', '1.abc.6.3.4.5.6~2.4.5.6',
    ' 1.abc.6.3.4.5.6', '1.abc.6.3.4.5.6 ', '1.abc.6.3.1234567890123456.5.6', '1.abc.6.3.4.12345678901234567890.6', '1.abc.6.3.4.9999999999999999999.6', `1.abc.6.${'3.4.5.6~'.repeat(2_000)}3.4.5.6`
  ]
  t.ok(parseCursor(formatCursor('abc', 6, parseCursor('1.abc.6.3.4.9223372036854775807.6')?.places ?? [])), 'the latest time that Kafka can hold is read again')
  for (const text of wrong) t.equal(parseCursor(text), undefined, text.slice(0, 40))
})

await t.test('since: a time, an age, or earliest', async t => {
  t.same(parseSince('earliest', NOW), { kind: 'earliest' })
  for (const [text, timeMs] of [
    ['-10s', NOW - 10_000], ['-10m', NOW - 600_000], ['-2h', NOW - 7_200_000], ['-7d', NOW - 604_800_000], ['-999999999d', 0],
    ['2026-11-22T12:30:00Z', Date.UTC(2026, 10, 22, 12, 30)], ['2026-11-22T12:30Z', Date.UTC(2026, 10, 22, 12, 30)],
    ['2026-11-22T12:30:00.250Z', Date.UTC(2026, 10, 22, 12, 30, 0, 250)], ['2026-11-22T12:30:00+02:00', Date.UTC(2026, 10, 22, 10, 30)], ['1960-01-01T00:00:00Z', 0],
    ['2026-11-23T00:04:00Z', NOW + 240_000] // clocks differ
  ] as const) t.same(parseSince(text, NOW), { kind: 'time', timeMs }, text)
  for (const text of ['', '10m', '-10', '-m', '-10M', '2026-11-22', '2026-11-22T12:30:00', '2026-13-22T12:30:00Z', '2026-11-23T00:06:00Z', 'latest', 'EARLIEST', 'now']) {
    t.equal(parseSince(text, NOW), undefined, text)
  }
})
