/** POLICY_DECISIONS=1000000 has the policy compared with its model a million times; some 50,000 by default. */

import * as fc from 'fast-check'
import t from 'tap'
import { NOBODY, type Identity } from '../../src/access/identity.ts'
import { DEFAULT_RULES, Policy, VERBS, type Rule, type Verb } from '../../src/access/policy.ts'
import { allowedByModel } from './policy-model.ts'

const DECISIONS = Number(process.env.POLICY_DECISIONS ?? 50_000)
const EACH = 50

const nameless: Identity = { by: 'token', subject: 's', roles: [], groups: [], watch: [] }
const device = { ...nameless, device: 'sensor-1', roles: ['device'], watch: ['sensor-*'] }
const service = { ...nameless, roles: ['service'], watch: ['room-1.*', 'door'] }
const operator = { ...nameless, roles: ['operator'] }
const monitor = { ...nameless, roles: ['monitor'] }
const policy = new Policy()
const may = (who: Identity, verb: Verb, resource = '*'): boolean => policy.grants(who).may(verb, resource)
const verbsOf = (who: Identity, resource: string): Verb[] => VERBS.filter((verb) => may(who, verb, resource))

await t.test('the default rules', async (t) => {
  t.same(verbsOf(NOBODY, 'anything'), ['connect', 'publish', 'watch', 'send', 'list', 'metrics'])
  t.same(verbsOf(NOBODY, '*'), ['connect', 'publish', 'watch', 'send', 'list', 'metrics'])

  t.same(verbsOf(device, 'sensor-1'), ['connect', 'publish', 'watch'])
  t.same(verbsOf(device, 'sensor-2'), ['publish', 'watch'], 'it is itself alone')
  t.same(verbsOf(device, 'door'), ['publish'], 'and watches what its credentials name')
  t.same(verbsOf(device, '*'), ['publish'])
  t.ok(may(device, 'publish', ''), 'a frame without an event')
  t.notOk(may({ ...device, device: undefined }, 'connect', 'sensor-1'))
  t.notOk(may({ ...device, device: undefined }, 'connect', ''))
  t.ok(may({ ...device, watch: ['*'] }, 'watch', '*'))

  t.same(verbsOf(service, 'room-1.lamp'), ['watch', 'send', 'list'])
  t.same(verbsOf(service, 'room-2.lamp'), ['send', 'list'])
  t.same(verbsOf(operator, '*'), ['watch', 'send', 'list', 'metrics', 'kick', 'revoke', 'quotas'])
  t.same(verbsOf(operator, 'sensor-1'), verbsOf(operator, '*'))
  t.same(verbsOf(operator, 'page-0a1b2c'), ['connect', ...verbsOf(operator, '*')], 'the dashboard')
  t.same(verbsOf({ ...service, device: 'billing' }, 'billing'), ['connect', 'send', 'list'])
  t.same(verbsOf(monitor, '*'), ['metrics'])
  t.same(verbsOf(nameless, '*'), [], 'without a role')
  t.same(verbsOf({ ...nameless, roles: ['toString', '__proto__', 'Device'] }, '*'), [])
  t.same(verbsOf({ ...device, roles: ['device', 'monitor'] }, 'sensor-1'), ['connect', 'publish', 'watch', 'metrics'], 'roles add up')
})

await t.test('the events that credentials name take back, and never give', async (t) => {
  const picky = { ...device, events: ['temperature.*', 'alarm'] }
  for (const [event, allowed] of [['temperature.in', true], ['alarm', true], ['alarms', false], ['', false]] as const) t.equal(may(picky, 'publish', event), allowed, event)
  t.notOk(may({ ...device, events: [] }, 'publish', ''))
  t.notOk(may({ ...service, events: ['*'] }, 'publish', 'alarm'))
  t.ok(may(picky, 'connect', 'sensor-1'), 'they are about nothing else')
})

const ruled = (resource: string, who: Partial<Identity>, verb: Verb = 'watch') => {
  const grants = new Policy([{ role: 'r', verb, resource }]).grants({ ...nameless, roles: ['r'], ...who })
  return (asked: string) => grants.may(verb, asked)
}

await t.test('what is put in the place of a placeholder cannot widen a pattern', async (t) => {
  for (const name of ['*', '**', 'a*', '{watch}', '{device}', '{group}', '$&', '$1', '']) {
    for (const place of ['{group}', '{group}*', '{group}.*', '{device}', '*{device}*', '{group}{group}', '{group}.{device}']) {
      const asks = ruled(place, { device: name, groups: [name], watch: ['*'] })
      for (const resource of ['*', 'a', 'ab', 'other.x', '', 'secret']) t.notOk(asks(resource), `${name} in ${place}: ${resource}`)
    }
  }
  t.ok(ruled('{group}', { groups: ['{watch}'], watch: ['*'] })('{watch}'), 'braces stand for themselves')
  t.ok(ruled('{group}.x', { groups: ['$&'] })('$&.x'))
  t.notOk(ruled('{watch}*', { watch: [''] })('a'))
})

await t.test('placeholders', async (t) => {
  const asks = ruled('{group}.{device}.*', { device: 'd', groups: ['a', 'b'] })
  t.same(['a.d.x', 'b.d.', 'a.e.x', 'c.d.x'].map(asks), [true, true, false, false])
  const twice = ruled('{group}/{group}', { groups: ['a', 'b'] })
  t.same(['a/a', 'b/b', 'a/b'].map(twice), [true, true, false], 'the same group both times')
  t.same(['a.x1', 'b.x2', 'c.x1', 'a.y'].map(ruled('{group}.{watch}', { groups: ['a', 'b'], watch: ['x*'] })), [true, true, false, false])
  t.notOk(ruled('{device}', {})('{device}'), 'of a caller without one')
  t.notOk(ruled('{group}', {})('{group}'))
  const many = Array.from({ length: 64 }, (_, n) => `g${n}`)
  t.equal(new Policy([{ role: 'r', verb: 'watch', resource: '{group}{group}{group}{group}' }]).explain({ ...nameless, roles: ['r'], groups: many }, 'watch', 'x').own[0]?.patterns.length, 64)
})

await t.test('why', async (t) => {
  const [rule] = policy.explain(device, 'connect', 'sensor-1').own
  t.same(rule, { rule: { role: 'device', verb: 'connect', resource: '{device}' }, patterns: ['sensor-1'] })
  t.equal(policy.explain(device, 'connect', 'sensor-1').rule, rule?.rule)
  t.match(policy.explain(device, 'connect', 'sensor-2'), { rule: undefined, isNoEvent: false, others: [{ role: 'anonymous' }] })
  t.match(policy.explain(device, 'metrics', '*'), { rule: undefined, own: [], others: [{ role: 'anonymous' }, { role: 'operator' }, { role: 'monitor' }] })
  t.match(policy.explain({ ...device, events: ['a'] }, 'publish', 'b'), { rule: undefined, isNoEvent: true, own: [{ patterns: ['*'] }] })
})

const name = fc.string({ unit: fc.constantFrom('a', 'b', 'a', 'b', '-', '.', '*', '{', '}', '{group}', '{watch}', '$&', 'é'), maxLength: 4 })
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '*', '*', 'é'), maxLength: 4 })
const template = fc.array(fc.constantFrom('{device}', '{group}', '{watch}', '*', 'a', 'b', '-', '.', '$'), { maxLength: 4 }).map((parts) => parts.join(''))
const role = fc.constantFrom('device', 'device', 'device', 'service', 'operator', 'anonymous', 'r')
const verb = fc.constantFrom('connect', 'publish', 'publish', 'publish', 'watch', 'watch', 'watch', ...VERBS)
const rules: fc.Arbitrary<readonly Rule[]> = fc.oneof({ weight: 1, arbitrary: fc.constant(DEFAULT_RULES) },
  { weight: 4, arbitrary: fc.array(fc.record({ role, verb, resource: fc.oneof(template, fc.constantFrom('*', '{device}', '{group}', '{group}.*', '{watch}')) }), { maxLength: 12 }) })
const who: fc.Arbitrary<Identity> = fc.record({
  device: fc.option(name, { nil: undefined }),
  roles: fc.array(role, { minLength: 1, maxLength: 3 }),
  groups: fc.array(name, { maxLength: 3 }),
  watch: fc.array(fc.oneof(pattern, name), { maxLength: 3 }),
  events: fc.option(fc.array(pattern, { maxLength: 3 }), { freq: 1, nil: undefined })
}).map((facts) => ({ by: 'token', subject: 's', ...facts }))

await t.test(`${DECISIONS} decisions as the model makes them`, async (t) => {
  let decisions = 0
  let allowed = 0
  const asked = fc.array(fc.tuple(verb, fc.oneof(name, pattern, fc.nat())), { minLength: EACH, maxLength: EACH })
  fc.assert(fc.property(rules, who, asked, (rules, who, asked) => {
    const policy = new Policy(rules)
    const grants = policy.grants(who)
    // What the caller has is asked for more often than chance would.
    const own = [who.device ?? 'a', ...who.groups, ...who.watch, ...(who.events ?? [])].flatMap((text) => [text, `${text}.a`, text.replaceAll('*', 'b'), `${text}${who.device}`])
    for (const [verb, what] of asked) {
      const resource = typeof what === 'string' ? what : own[what % own.length] as string
      const expected = allowedByModel(rules, who, verb, resource)
      const explained = policy.explain(who, verb, resource)
      if (grants.may(verb, resource) !== expected || (explained.rule !== undefined) !== expected) throw new Error(`${verb} ${JSON.stringify(resource)} should be ${expected}`)
      decisions++
      if (expected) allowed++
    }
  }), { numRuns: Math.ceil(DECISIONS / EACH) })
  t.ok(decisions >= DECISIONS)
  t.ok(allowed > decisions / 10 && allowed < decisions * 9 / 10, `${allowed} of ${decisions} are allowed: both answers come`)
})
