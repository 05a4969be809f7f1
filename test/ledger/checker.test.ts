import fc from 'fast-check'
import t from 'tap'
import { check } from './checker/check.ts'
import { kinds, type Kind } from './checker/violation.ts'
import type { Happening } from './history/event.ts'
import { legalHistory, moves } from './legal.ts'
import { cursor, down, story, timed, up } from './story.ts'

type Edit = (events: Happening[]) => void

/** Where the first event stands that has these members. */
function at (events: readonly Happening[], members: object): number {
  const n = events.findIndex((event) => Object.entries(members).every(([name, value]) => (event as unknown as Record<string, unknown>)[name] === value))
  if (n === -1) throw new Error(`no such event: ${JSON.stringify(members)}`)
  return n
}

/** Put in the place of another event, so that the numbers of the others stay. */
const nothing: Happening = { type: 'fault', fault: 'none', detail: '' }
const drop = (members: object): Edit => (events) => { events[at(events, members)] = nothing }
const change = (members: object, changes: object): Edit => (events) => {
  const n = at(events, members)
  events[n] = { ...events[n], ...changes } as Happening
}
const insertBefore = (members: object, ...more: Happening[]): Edit => (events) => { events.splice(at(events, members), 0, ...more) }
const both = (...edits: Edit[]): Edit => (events) => { for (const edit of edits) edit(events) }

/** Each story is broken in one way, and only that is found. */
const planted: Array<[Kind, string, Edit]> = [
  ['lost-up', 'what a cumulative ack covers is not there', drop({ type: 'stored', id: 's:1' })],
  ['lost-up', 'a held pong, and nothing is there', both(
    insertBefore({ type: 'written', value: down(1) }, { type: 'acked', socket: 3, id: 1, partition: -1, offset: -1 }), renumber,
    drop({ type: 'stored', id: 'made-by-the-server:1' }))],
  ['wrong-ack', 'something else stands at the place', change({ type: 'acked', id: 3 }, { offset: 1 })],
  ['wrong-ack', 'nothing stands there', change({ type: 'acked', id: 3 }, { offset: 9 })],
  ['wrong-ack', 'nobody sent that', change({ type: 'acked', id: 5 }, { id: 6, offset: -1 })],
  ['order-up', 'the second before the first', both(change({ type: 'stored', id: 's:1' }, { offset: 1.5 }), change({ type: 'acked', id: 2 }, { offset: -1 }))],
  ['unanswered', 'no ack, and the socket stayed open', drop({ type: 'acked', id: 5 })],
  ['unanswered', 'acked, and then refused', insertBefore({ type: 'ended' }, { type: 'refused', socket: 4, id: 5, code: 'kafka-away', temporary: true, outcome: 'unknown' })],
  ['unanswered', 'one ack for two sendings', drop({ type: 'refused', id: 3 })],
  ['refused-but-stored', 'refused as not stored, not sent again, and there', insertBefore({ type: 'stored', id: 's:5' },
    { type: 'stored', topic: 'uplink', partition: 1, offset: 2.5, key: 'd0', value: up(4), id: 's:4' })],
  ['doubled-down', 'twice on one connection', insertBefore({ type: 'ended' }, { type: 'delivered', socket: 3, value: down(3) })],
  ['order-down', 'the later one first', (events) => {
    const [first, second] = [at(events, { type: 'delivered', value: down(2) }), at(events, { type: 'delivered', value: down(4) })]
    const { cursor: _, ...late } = events[first] as Happening & { cursor: string }
    events[first] = nothing
    events[second] = { ...events[second], cursor: undefined } as unknown as Happening
    events.splice(second + 1, 0, late as Happening)
  }],
  ['lost-down', 'written to a live socket, and it never comes', drop({ type: 'delivered', socket: 2, value: down(3) })],
  ['lost-down', 'behind the cursor with which it came back', both(drop({ type: 'delivered', value: down(2) }), noCursors)],
  ['lost-down', 'the last one', both(drop({ type: 'delivered', value: down(4) }), noCursors)],
  ['lost-down', 'a hole on a socket that ended', both(
    (events) => { events[at(events, { type: 'closed', socket: 1 })] = { type: 'delivered', socket: 1, value: down(2) } },
    drop({ type: 'delivered', value: down(1) }), drop({ type: 'opened', socket: 4 }),
    (events) => { for (const [n, event] of events.entries()) if ('socket' in event && event.socket === 4) events[n] = nothing },
    drop({ type: 'stored', id: 's:5' }), drop({ type: 'stored', value: down(4) }), change({ type: 'ended' }, { devices: ['d0', 'd1', 'd1'] }),
    insertBefore({ type: 'ended' }, { type: 'closed', socket: 1, code: 1006, reason: '', own: false }), change({ type: 'ended' }, { devices: ['d1', 'd1'] }))],
  ['misdelivered', "another's record", insertBefore({ type: 'ended' }, { type: 'delivered', socket: 3, value: down(4) })],
  ['corrupted', 'stored with another value', change({ type: 'stored', id: 's:2' }, { value: `${up(2)} ` })],
  ['corrupted', 'delivered with another value', change({ type: 'delivered', socket: 3 }, { value: `${down(3)} ` })],
  ['phantom', 'stored though nobody sent it', insertBefore({ type: 'stored', id: 's:5' },
    { type: 'stored', topic: 'uplink', partition: 1, offset: 4, key: 'd0', value: up(9), id: 's:9' })],
  ['phantom', 'delivered though its transaction was aborted', insertBefore({ type: 'ended' },
    { type: 'written', device: 'd1', value: down(9) }, { type: 'delivered', socket: 2, value: down(9) })],
  ['cursor-lies', 'something before it was not sent yet', insertBefore({ type: 'delivered', value: down(2) }, { type: 'cursor', socket: 4, cursor: cursor(0, 3) })],
  ['cursor-lies', 'it is not behind its own record', change({ type: 'delivered', value: down(4) }, { cursor: cursor(0, 3) })],
  ['cursor-lies', 'it cannot be read', change({ type: 'cursor' }, { cursor: 'x' })],
  ['false-gap', 'nothing is gone', insertBefore({ type: 'ended' }, { type: 'gap', socket: 4, reason: 'retention' })],
  ['never-live', 'it resumes, and never arrives', drop({ type: 'live' })],
  ['never-live', 'it is stalled, and stays so', insertBefore({ type: 'ended' }, { type: 'stalled', socket: 2, message: 'x' })],
  ['wrong-close', 'a mistake that nobody made', change({ type: 'closed' }, { code: 4503, reason: 'bad-id' })],
  ['wrong-close', 'its own cursor is refused', insertBefore({ type: 'ended' }, { type: 'turned-away', device: 'd0', status: 400, code: 'bad-cursor', query: '' })],
  ['not-back', 'no socket at the end', change({ type: 'ended' }, { devices: ['d0', 'd0', 'd1', 'd1'] })]
]

/** Cursors that later records carry would tell of what was lost as well. */
function noCursors (events: Happening[]): void {
  for (const [n, event] of events.entries()) {
    if (!('socket' in event) || event.socket !== 4 || event.type === 'opened' || !('cursor' in event)) continue
    const { cursor: _, ...rest } = event
    events[n] = event.type === 'cursor' ? nothing : rest as Happening
  }
}

/** An event came before the one that told the cursor. */
function renumber (events: Happening[]): void {
  const n = at(events, { type: 'opened', socket: 4 })
  events[n] = { ...events[n], sinceEvent: at(events, { type: 'delivered', socket: 1, value: down(1) }) } as Happening
}

await t.test('a legal story has no violation', async (t) => {
  t.strictSame(check(timed(story)), [])
})

await t.test('what comes back after the end is due nothing, and what stalls then may stay so', async (t) => {
  const late: Happening[] = [{ type: 'opened', socket: 5, device: 'd0', mode: 'sluice.v1', instance: 0, since: 'earliest' }, { type: 'welcomed', socket: 5, session: 's', resuming: true }, { type: 'stalled', socket: 4, message: 'x' }]
  t.strictSame(check(timed([...story, ...late])), [])
})

for (const [kind, what, edit] of planted) {
  await t.test(`${kind}: ${what}`, async (t) => {
    const events = [...story]
    edit(events)
    const found = check(timed(events))
    t.ok(found.length > 0, 'it is found')
    t.strictSame([...new Set(found.map((violation) => violation.kind))], [kind], found.map(({ story }) => story).join('; '))
  })
}

await t.test('every kind was planted', async (t) => {
  const others = ['crashed'] // seen by who starts the processes
  t.strictSame([...new Set(planted.map(([kind]) => kind))].sort(), Object.keys(kinds).filter((kind) => !others.includes(kind)).sort())
})

await t.test('what a perfect gateway does, whatever happens to it, is no violation', async (t) => {
  let deliveries = 0
  let resumed = 0
  fc.assert(fc.property(moves, (drawn) => {
    const events = legalHistory(drawn)
    deliveries += events.filter(({ type }) => type === 'delivered').length
    resumed += events.filter((event) => event.type === 'opened' && event.sinceEvent !== undefined).length
    const found = check(timed(events))
    if (found.length > 0) throw new Error(JSON.stringify(found))
  }), { numRuns: 1_000 })
  t.ok(deliveries > 1_000 && resumed > 500, `${deliveries} deliveries and ${resumed} resumed sockets were among them`)
})
