import { getEventListeners, once } from 'node:events'
import t from 'tap'
import { pause, systemClock } from '../src/clock.ts'
import { HeldClock } from './session/given.ts'

await t.test('a pause ends with its time, or with the signal, and leaves nothing behind', async (t) => {
  const clock = new HeldClock()
  const closing = new AbortController()
  const one = pause(clock, 100, closing.signal)
  t.equal(getEventListeners(closing.signal, 'abort').length, 1)
  clock.advance(100)
  await one
  t.equal(getEventListeners(closing.signal, 'abort').length, 0)
  const other = pause(clock, 100, closing.signal)
  closing.abort()
  await other
  await pause(clock, 100, closing.signal)
})

await t.test('however many pause at once, nobody is warned of a leak', async (t) => {
  const closing = new AbortController()
  const warned = once(process, 'warning', { signal: closing.signal }).then(([warning]) => String(warning), () => 'nothing')
  const pauses = Array.from({ length: 50 }, () => pause(systemClock, 60_000, closing.signal))
  await new Promise((resolve) => setImmediate(resolve)) // warnings are told behind the turn
  closing.abort()
  await Promise.all(pauses)
  t.equal(await warned, 'nothing')
})
