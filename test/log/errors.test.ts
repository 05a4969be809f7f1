import t from 'tap'
import { pause, systemClock } from '../../src/clock.ts'
import { verdict } from '../../src/log/kafka/answers.ts'
import { describe, isHungUpOn, isLoginRefused, isNotAuthorized, LoginRefused, NoToken, whyOut } from '../../src/log/kafka/errors.ts'
import { rootCause } from '../../src/log/kafka/root-cause.ts'
import { HeldClock } from '../session/given.ts'

await t.test('a code that is not known is final', async t => {
  t.strictSame(verdict(999), { kind: 'refused', failure: { code: 'kafka-refused', reason: 'error 999' } })
})

await t.test('errors are classified by their innermost cause', async t => {
  const wrapped = (cause: object): Error => new Error('tried often', { cause: new Error('tried', { cause }) })
  for (const [cause, said] of [
    [{ code: 'ECONNREFUSED' }, 'the connection was refused'], [{ code: 'ENOTFOUND' }, 'its name cannot be resolved'], [{ code: 'EAI_AGAIN' }, 'its name cannot be resolved'],
    [{ code: 'ECONNRESET' }, 'the connection was cut'], [{ name: 'KafkaJSRequestTimeoutError', message: 'm' }, 'no answer came in time'],
    [{ code: 'ETIMEDOUT' }, 'no answer came in time'], [{ code: 'EHOSTUNREACH' }, 'no way leads there'], [{ code: 'ENETUNREACH' }, 'no way leads there'], [{ code: 'EPIPE', message: 'connect EPIPE 10.0.0.1:9092' }, 'EPIPE'],
    [{ code: 'CERT_HAS_EXPIRED' }, 'the broker is not trusted'], [{ name: 'LoginRefused' }, 'the login is refused'], [{ name: 'NoToken' }, 'there is nothing to log in with'], [{ type: 'SOME_TYPE', message: 'm' }, 'SOME_TYPE'], [{ message: 'some message' }, 'some message'], [{}, 'Error: tried often']
  ] as const) t.equal(describe(wrapped(cause)), said)
  t.equal(describe(undefined), 'undefined')
  const own: { cause?: unknown, type: string } = { type: 'x' }
  own.cause = own
  t.equal(rootCause(own), own)
  t.ok(isNotAuthorized(wrapped({ type: 'TOPIC_AUTHORIZATION_FAILED' })) && isLoginRefused({ name: 'KafkaJSSASLAuthenticationError' }))
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

await t.test('why Kafka and the gateway do not let each other in, for an operator', async t => {
  const me = 'User:sluice'
  const named = (name: string, message: string): Error => Object.assign(new Error(message), { name })
  for (const [error, said] of [
    [{ code: 'CERT_HAS_EXPIRED' }, /^No connection to Kafka: the broker's certificate, or that of its authority, has expired\.$/],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID', message: "Hostname/IP does not match certificate's altnames: Host: k. is not in the cert's altnames: DNS:a, DNS:b" }, /is not for k but for DNS:a, DNS:b\. Set/],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID', message: "Hostname/IP does not match certificate's altnames: IP: 10.0.0.1 is not in the cert's list: " }, /is not for 10\.0\.0\.1 but for no address\. Set/],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, /is not for \? but for \?\. Set/],
    [new LoginRefused('x gives no token'), /^No login to Kafka: x gives no token\.$/],
    [new NoToken('x answers 503'), /^No login to Kafka: x answers 503\.$/],
    [named('KafkaJSSASLAuthenticationError', 'SASL PLAIN authentication failed: no such user'), /^Kafka refuses the login of User:sluice by PLAIN: no such user\. Check/],
    [Object.assign(new Error('Not supported.'), { type: 'UNSUPPORTED_SASL_MECHANISM' }), /^Kafka refuses the login: Not supported\. Set kafka\.sasl\.mechanism/]
  ] as const) t.match(whyOut(error, me), said)
  t.equal(whyOut({ name: 'LoginRefused' }, me), 'No login to Kafka: .')
  t.equal(whyOut(new Error('x'), me), '')
  t.ok(isHungUpOn({ code: 'ECONNRESET' }) && isHungUpOn({ name: 'KafkaJSConnectionClosedError' }))
  t.notOk(isHungUpOn(new Error('x')))
})
