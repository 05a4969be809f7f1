import t from 'tap'
import { pause, systemClock } from '../../src/clock.ts'
import { verdict } from '../../src/log/kafka/answers.ts'
import { describe, isNotAuthorized, rootCause } from '../../src/log/kafka/errors.ts'
import { HeldClock } from '../session/given.ts'

await t.test('a code that is not known is final', async t => {
  t.strictSame(verdict(999), { kind: 'refused', failure: { code: 'kafka-refused', reason: 'error 999' } })
})

await t.test('errors are classified by their innermost cause', async t => {
  const wrapped = (cause: object): Error => new Error('tried often', { cause: new Error('tried', { cause }) })
  for (const [cause, said] of [
    [{ code: 'ECONNREFUSED' }, 'the connection was refused'], [{ code: 'ENOTFOUND' }, 'its name cannot be resolved'], [{ code: 'EAI_AGAIN' }, 'its name cannot be resolved'],
    [{ code: 'ECONNRESET' }, 'the connection was cut'], [{ name: 'KafkaJSRequestTimeoutError', message: 'm' }, 'no answer came in time'], [{ type: 'SOME_TYPE', message: 'm' }, 'SOME_TYPE'], [{ message: 'some message' }, 'some message'], [{}, 'Error: tried often']
  ] as const) t.equal(describe(wrapped(cause)), said)
  t.equal(describe(undefined), 'undefined')
  const own: { cause?: unknown, type: string } = { type: 'x' }
  own.cause = own
  t.equal(rootCause(own), own)
  t.ok(isNotAuthorized(wrapped({ type: 'TOPIC_AUTHORIZATION_FAILED' })) && isNotAuthorized({ name: 'KafkaJSSASLAuthenticationError' }))
  t.notOk(isNotAuthorized(wrapped({ type: 'OTHER' })) || isNotAuthorized(new Error('x')))
})

await t.test('a pause ends by its time, or by its signal', async t => {
  const clock = new HeldClock()
  const over = pause(clock, 100, new AbortController().signal)
  clock.advance(100)
  await over
  const closing = new AbortController()
  const cut = pause(clock, 100, closing.signal)
  closing.abort()
  await cut
  await pause(clock, 100, closing.signal)
  t.equal(clock.timers, 0)
  await pause(systemClock, 1, new AbortController().signal)
  t.ok(systemClock.now() > 0)
})
