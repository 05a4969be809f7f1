import t from 'tap'
import { identityBy, readAnswer, readSentence } from '../../src/access/callback-answer.ts'
import type { Identity } from '../../src/access/identity.ts'

const NOW_MS = 1_790_000_000_000
const read = (answer: unknown, isKnown = false): unknown => {
  try {
    return readAnswer(typeof answer === 'string' ? answer : JSON.stringify(answer), isKnown, NOW_MS)
  } catch (error) {
    return (error as Error).message
  }
}

await t.test('answers', async (t) => {
  const whole = { subject: 'Frau Müller', device: 'd', roles: ['device', 'https://roles.example/x'], groups: ['a/b'], events: ['alarm.*'], watch: ['*'], quota: 'large', expiresMs: NOW_MS + 1 }
  t.same(read(whole), whole)
  t.same(read({ device: 'd' }), { device: 'd' })
  t.same(read({ roles: ['service'] }), { roles: ['service'] })
  t.same(read({ roles: [] }), { roles: [] })
  t.same(read({}, true), {}, 'as another login has it')
  t.same(read({ device: 'd', lifetimeMs: 60_000 }), { device: 'd', expiresMs: NOW_MS + 60_000 })
})

await t.test('what is wrong with it', async (t) => {
  for (const [answer, sentence] of [
    ['', /^its answer is not JSON/],
    ['{"device":"a","device":"b"}', /names a member twice/],
    ['['.repeat(100_000), /nested too deeply/],
    ['null', /^its answer is no object$/], ['[]', /is no object$/], ['"d"', /is no object$/],
    [{ device: 'd', role: 'x' }, /^its answer has "role", which is no part of one$/],
    ['{"device":"d","__proto__":{"roles":["operator"]}}', /^its answer has "__proto__", /],
    [{ device: 'd', expiresMs: NOW_MS, lifetimeMs: 1 }, /^its answer has both expiresMs and lifetimeMs$/],
    [{}, /^its answer names no device, /], [{ roles: ['device', 'x'] }, /names no device/],
    ...[7, '', 'a b', 'a*', '{device}', 'x'.repeat(129), null, ['d']].map((device) => [{ device }, /^its answer has a device that it cannot have$/] as const),
    ...['operator', [7], ['a*'], ['{group}'], [''], ['anonymous'], Array(65).fill('r'), null].map((roles) => [{ device: 'd', roles }, /^its answer has a roles that/] as const),
    ...[['*'], ['{watch}'], ['a b'], 'g'].map((groups) => [{ device: 'd', groups }, /a groups that/] as const),
    ...[['a b'], ['{x}'], ['\u202e'], ['x'.repeat(129)]].map((events) => [{ device: 'd', events }, /a events that/] as const),
    ...[['{group}'], ['a/b'], ['']].map((watch) => [{ device: 'd', watch }, /a watch that/] as const),
    ...['', 'a*', 7].map((quota) => [{ device: 'd', quota }, /a quota that/] as const),
    ...['', 'a\n', 'x'.repeat(256)].map((subject) => [{ device: 'd', subject }, /a subject that/] as const),
    ...['1790000000000', -1, 1.5, 1e16].map((expiresMs) => [{ device: 'd', expiresMs }, /a expiresMs that/] as const),
    ...[0, -1, 1.5, 1e16, '60s'].map((lifetimeMs) => [{ device: 'd', lifetimeMs }, /a lifetimeMs that/] as const)
  ] as ReadonlyArray<readonly [unknown, RegExp]>) t.match(read(answer), sentence, JSON.stringify(answer).slice(0, 80))
})

await t.test('the sentence of a refusal, if it can be told', async (t) => {
  t.equal(readSentence('{"message":"This device was sold."}'), 'This device was sold.')
  for (const text of ['', 'no', 'null', '7', '{}', '[]', '{"message":7}', '{"message":""}', '{"message":"a\\u001b[1m"}', `{"message":"${'x'.repeat(201)}"}`]) t.equal(readSentence(text), undefined, text.slice(0, 40))
})

await t.test('who it is by an answer', async (t) => {
  const unknown = { by: 'callback', roles: ['device'], groups: [], watch: [], subject: 'd', device: 'd', expiresMs: undefined }
  t.strictSame(identityBy({ device: 'd' }, undefined), unknown)
  t.match(identityBy({ roles: ['service'] }, undefined), { subject: 'unnamed', device: undefined, roles: ['service'] })
  t.match(identityBy({ subject: 's', device: 'd', watch: ['*'], expiresMs: 5 }, undefined), { subject: 's', watch: ['*'], expiresMs: 5 })
  const redeem = (): void => {}
  const known: Identity = { by: 'ticket', subject: 's', device: 'd', roles: ['device'], groups: ['g'], events: ['e'], watch: ['w'], quota: 'q', expiresMs: 10, tokenId: 'j', redeem }
  t.strictSame(identityBy({}, known), known, 'all as it was')
  t.strictSame(identityBy({ subject: 't', roles: ['x'], groups: [], quota: 'r', expiresMs: 5 }, known), { ...known, subject: 't', roles: ['x'], groups: [], quota: 'r', expiresMs: 5 })
  t.equal(identityBy({ expiresMs: 20 }, known).expiresMs, 10, 'what ends first ends it')
})
