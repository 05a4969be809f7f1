import t from 'tap'
import { readParameters } from '../../src/http/parameters.ts'

const NOW = 1_790_000_000_000
const longest = 'Az0_-'.repeat(9) + 'xyz'

await t.test('what an address may ask for', async (t) => {
  t.same(readParameters('sluice.raw', {}, NOW), {})
  t.same(readParameters('sluice.raw', { frames: 'text', ack: 'pong' }, NOW), { frames: 'text', ack: 'pong' })
  t.same(readParameters('sluice.raw', { frames: 'binary' }, NOW), { frames: 'binary' })
  t.equal(longest.length, 48)
  t.same(readParameters('sluice.raw', { since: '-10m' }, NOW), { since: { kind: 'time', timeMs: NOW - 600_000 } })
  for (const mode of ['sluice.raw', 'sluice.v1'] as const) t.same(readParameters(mode, { ticket: 'tk_', token: 'x' }, NOW), { ticket: 'tk_', token: 'x' })
  for (const session of ['s', longest]) t.same(readParameters('sluice.v1', { session }, NOW), { session })
})

await t.test('what is wrong is named, with what it takes', async (t) => {
  const cases = [
    ['sluice.raw', 'frames', 'both', 'frames is text or binary, once.'],
    ['sluice.raw', 'frames', ['text', 'text'], 'frames is text or binary, once.'],
    ['sluice.raw', 'ack', '', 'ack is pong, once.'],
    ['sluice.raw', 'session', 's', 'session is a parameter of sluice.v1, and this is raw mode.'],
    ['sluice.v1', 'frames', 'text', 'frames is a parameter of raw mode, and this is sluice.v1.'],
    ['sluice.v1', 'ack', 'pong', 'ack is a parameter of raw mode, and this is sluice.v1.'],
    ...['', `${longest}x`, 'a b', 'a:b', 'a.b', 'é', 'a\n', ['a', 'b'], undefined].map((bad) =>
      ['sluice.v1', 'session', bad, 'session is 1 to 48 characters of A-Z a-z 0-9 _ -, once.'] as const),
    ['sluice.v1', 'constructor', 'x', 'There is no query parameter "constructor" here.'],
    ['sluice.raw', '__proto__', 'x', 'There is no query parameter "__proto__" here.'],
    ['sluice.raw', 'x'.repeat(100), 'x', `There is no query parameter "${'x'.repeat(64)}" here.`]
  ] as const
  for (const [mode, name, value, message] of cases) {
    t.throws(() => readParameters(mode, Object.fromEntries([[name, value]]), NOW), { code: 'bad-parameter', message }, `${mode} ${name.slice(0, 20)}=${String(value)}`)
  }
})
