/** A policy of a team's own, and a callback by which callers log in: a token is a name that the callback knows. */

import * as fc from 'fast-check'
import t from 'tap'
import { CallbackServer, reply } from '../access/callback-server.ts'
import { fileWith } from '../access/issuer.ts'
import { testBroker } from '../kafka/broker.ts'
import type { OpenOptions, ProtocolDevice } from './device.ts'
import { startGateway } from './gateway.ts'

const broker = await testBroker(t)
const people: Record<string, object> = {
  a: { device: 'east.a', groups: ['east'] },
  b: { device: 'east.b', groups: ['east'] },
  c: { device: 'west.c', groups: ['west'], watch: ['east.b'] },
  narrow: { device: 'east.n', groups: ['east'], events: ['telemetry.in'] },
  sneaky: { device: 'east.s', groups: ['{watch}', 'ea'], watch: ['*'] },
  caretaker: { subject: 'karl', roles: ['caretaker'], groups: ['east'] },
  monitor: { subject: 'mona', roles: ['monitor'] },
  brief: { device: 'brief', lifetimeMs: 500 }
}
const callback = await CallbackServer.listen(t, ({ token = '' }, response) => {
  const who = people[token]
  if (who === undefined) reply(response, 401, { message: 'Nobody here is called that.' })
  else reply(response, 200, who)
})
const policyFile = fileWith(t, JSON.stringify([
  { role: 'device', verb: 'connect', resource: '{device}' },
  { role: 'device', verb: 'publish', resource: 'telemetry.*' },
  { role: 'device', verb: 'watch', resource: '{group}.*' },
  { role: 'caretaker', verb: 'send', resource: '{group}.*' },
  { role: 'caretaker', verb: 'list', resource: '*' },
  { role: 'monitor', verb: 'metrics', resource: '*' }
]))
const gateway = await startGateway(t, broker, { settings: { auth: { policyFile, http: { url: callback.url, timeoutMs: 20_000 } } } })

const as = (name: string): OpenOptions & { headers: Record<string, string> } => ({ headers: { authorization: `Bearer ${name}` } })

async function ask (path: string, name?: string, init: RequestInit = {}): Promise<{ status: number, code: unknown, message: unknown, retryAfter: string | null }> {
  const answer = await fetch(`${gateway.origin}${path}`, { ...init, headers: { ...(name === undefined ? {} : as(name).headers), ...init.headers } })
  const { code, message } = await answer.json().catch(() => ({})) as { code?: unknown, message?: unknown }
  return { status: answer.status, code, message, retryAfter: answer.headers.get('retry-after') }
}

const send = async (name: string, device: string, data: unknown = 1) =>
  await ask(`/v1/devices/${device}/messages`, name, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ data }) })

await t.test('publish: by the event', async (t) => {
  const device = await gateway.device('east.a', as('a'))
  device.publish(1, { event: 'telemetry.in', data: 1 })
  await device.acked(1)
  for (const [id, event] of [[2, 'alarm'], [3, 'telemetry'], [4, undefined], [5, '*'], [6, 'TELEMETRY.in']] as const) {
    device.publish(id, { ...(event === undefined ? {} : { event }), data: 1 })
    t.match(await device.next(), { type: 'refuse', id, code: 'not-permitted', temporary: false, outcome: 'not-stored' }, String(event))
  }
  device.publish(7, { event: 'telemetry.', data: 1 })
  await device.acked(7)
  await device.close()

  const narrow = await gateway.device('east.n', as('narrow'))
  narrow.publish(1, { event: 'telemetry.out', data: 1 })
  t.match(await narrow.next(), { id: 1, code: 'not-permitted' }, 'its credentials take back')
  narrow.publish(2, { event: 'telemetry.in', data: 1 })
  await narrow.acked(2)
  await narrow.close()

  const raw = await gateway.raw('east.b', as('b'))
  raw.send('21.5')
  t.match(await raw.ended, { code: 4507, reason: /^not-permitted: / }, 'a raw frame has no event')
})

await t.test('watch', async (t) => {
  const watch = async (device: ProtocolDevice, other: string): Promise<unknown> => {
    device.send(JSON.stringify({ type: 'watch', device: other }))
    return await device.nextOf('watching')
  }
  const a = await gateway.device('east.a', as('a'))
  t.match(await watch(a, 'west.c'), { devices: [], denied: 'west.c' })
  t.match(await watch(a, '*'), { devices: [], denied: '*' })
  t.match(await watch(a, 'east.b'), { devices: ['east.b'] })
  t.match(await watch(a, 'eastern.b'), { devices: ['east.b'], denied: 'eastern.b' })
  const c = await gateway.device('west.c', as('c'))
  t.match(await watch(c, 'east.b'), { devices: [], denied: 'east.b' }, 'these rules do not speak of {watch}')
  await c.close()
  const b = await gateway.device('east.b', as('b'))
  b.publish(1, { event: 'telemetry.x', data: 'seen' })
  await b.acked(1)
  t.match(await a.next(), { type: 'message', device: 'east.b', data: 'seen' })
  for (const one of [a, b]) await one.close()
})

await t.test('HTTP', async (t) => {
  t.equal((await send('caretaker', 'east.a')).status, 201)
  for (const [name, device] of [['caretaker', 'west.c'], ['caretaker', 'east'], ['a', 'east.a'], ['monitor', 'east.a']] as const) t.match(await send(name, device), { status: 403, code: 'forbidden' }, `${name} to ${device}`)
  for (const [path, allowed] of [['/v1/devices', 'caretaker'], ['/metrics', 'monitor']] as const) {
    for (const name of ['a', 'caretaker', 'monitor']) t.match(await ask(path, name), name === allowed ? { status: 200 } : { status: 403, code: 'forbidden' }, `${path} for ${name}`)
  }
  t.match(await ask('/ws/karl', 'caretaker'), { status: 403, code: 'forbidden' }, 'who is no device connects as none')
})

await t.test('nobody is let in by another name', async (t) => {
  t.match(await ask('/ws/east.a', 'a'), { status: 426 })
  t.match(await ask('/ws', 'a'), { status: 426 })
  for (const other of ['east.b', 'east', 'east.aa', 'EAST.A', 'east.a.', '~']) t.match(await ask(`/ws/${other}`, 'a'), { status: 403, code: 'forbidden' }, other)
  for (const path of ['/ws/east.a', '/ws', '/v1/devices', '/metrics']) {
    t.match(await ask(path, 'nobody'), { status: 401, code: 'bad-credentials', message: 'Nobody here is called that.' }, path)
    t.match(await ask(path), { status: 401, code: 'bad-credentials' }, `${path} without a token`)
  }
})

await t.test('a callback that was talked into odd names widens nothing: its answer is none', async (t) => {
  t.match(await ask('/ws/east.s', 'sneaky'), { status: 503, code: 'login-unavailable', retryAfter: '5' })
})

await t.test('a device gets its own records and no others, whatever it asks for', async (t) => {
  const names = ['a', 'b', 'c'] as const
  const ids = { a: 'east.a', b: 'east.b', c: 'west.c' }
  people.all = { roles: ['caretaker'], groups: ['east', 'west'] }
  const devices = await Promise.all(names.map(async (name) => await gateway.device(ids[name], as(name))))
  let n = 0
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom('*', 'east.a', 'east.b', 'west.c', 'east.*')), { maxLength: 8 }), fc.array(fc.constantFrom(...names), { minLength: 3, maxLength: 12 }), async (wishes, sent) => {
    for (const [name, wish] of wishes) devices[names.indexOf(name)]?.send(JSON.stringify({ type: wish === 'east.*' ? 'unwatch' : 'watch', device: wish === 'east.*' ? '*' : wish }))
    // What somebody sends up is watched by those alone whose group it is in.
    const marks = new Map<string, number>(names.map((name) => [name, ++n]))
    for (const name of sent) if ((await send('all', ids[name], { for: name, n: ++n })).status !== 201) throw new Error('not sent')
    for (const name of names) if ((await send('all', ids[name], { for: name, mark: marks.get(name) })).status !== 201) throw new Error('not sent')
    for (const [i, name] of names.entries()) {
      const got: unknown[] = []
      for (;;) {
        const frame = await devices[i]!.next()
        if (frame.type === 'watching') {
          for (const watched of frame.devices as string[]) if (watched === '*' || !watched.startsWith(ids[name].slice(0, 5))) throw new Error(`${name} watches ${watched}`)
          continue
        }
        const data = frame.data as { for: string, mark?: number, n?: number }
        if (frame.type !== 'message' || data.for !== name) throw new Error(`${name} got ${JSON.stringify(frame)}`)
        if (data.mark === marks.get(name)) break
        got.push(data.n)
      }
      if (got.length !== sent.filter((one) => one === name).length) throw new Error(`${name} got ${got.length}`)
    }
  }), { numRuns: 15 })
  t.pass()
  for (const device of devices) await device.close()
})

await t.test('until when: the socket ends with what the callback allowed', async (t) => {
  const device = await gateway.device('brief', as('brief'))
  t.match(await device.ended, { code: 4006, reason: /^expired: / })
})

await t.test('the callback is down: those whom it has answered for are still let in, others are told to come back', async (t) => {
  people.late = { device: 'late' }
  t.match(await ask('/ws/east.a', 'a'), { status: 426 })
  await callback.stop()
  t.match(await ask('/ws/east.a', 'a'), { status: 426 }, 'its answer is not a minute old')
  t.match(await ask('/ws/late', 'late'), { status: 503, code: 'login-unavailable', retryAfter: '5' })
  await callback.start()
  t.match(await ask('/ws/late', 'late'), { status: 426 })
})

await t.test('always: who is known by another login needs the callback, too', async (t) => {
  const asked = await CallbackServer.listen(t, ({ identity, device }, response) => {
    if (device === 'sold') reply(response, 403, { message: 'This device was sold.' })
    else reply(response, 200, identity?.subject === 'guest' ? { groups: ['east'] } : {})
  })
  const both = await startGateway(t, broker, {
    settings: { auth: { policyFile, http: { url: asked.url, when: 'always', timeoutMs: 20_000 } } },
    authenticate: ({ token, device }) => token === undefined ? undefined : { subject: token, device }
  })
  const status = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${both.origin}${path}`, as('guest'))
    return [answer.status, (await answer.json() as { message: string }).message]
  }
  t.match(await status('/ws/east.g'), [426])
  t.same(await status('/ws/sold'), [403, 'This device was sold.'])
  const guest = await both.device('east.g', as('guest'))
  guest.send('{"type":"watch","device":"east.h"}')
  t.match(await guest.next(), { type: 'watching', devices: ['east.h'], denied: undefined }, 'what the callback adds counts')
  await guest.close()
})
