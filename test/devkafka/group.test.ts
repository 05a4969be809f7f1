import t from 'tap'
import type { Test } from 'tap'
import { Group } from '../../src/devkafka/group.ts'
import type { Joining } from '../../src/devkafka/group.ts'
import { ErrorCode } from '../../src/wire/errors.ts'

const LONG = 60_000
const protocols = [{ name: 'range', metadata: Buffer.from('m') }]
const joining: Joining = { memberId: '', clientId: 'c', clientHost: 'h', sessionTimeoutMs: LONG, rebalanceTimeoutMs: LONG, protocolType: 'consumer', protocols }

function groupOf (t: Test): Group {
  const group = new Group()
  t.teardown(() => group.close())
  return group
}

await t.test('who does not join again in time is out', async t => {
  const group = groupOf(t)
  const first = await group.join({ ...joining, rebalanceTimeoutMs: 10 })
  const second = await group.join({ ...joining, rebalanceTimeoutMs: 10 })
  t.equal(second.generation, first.generation + 1)
  t.same(second.members.map(({ id }) => id), [second.memberId], 'and the other leads')
  t.equal(group.heartbeat(first.memberId, first.generation), ErrorCode.UNKNOWN_MEMBER_ID)
  t.equal(group.heartbeat(second.memberId, first.generation), ErrorCode.ILLEGAL_GENERATION)
  t.equal(group.leave(first.memberId), ErrorCode.UNKNOWN_MEMBER_ID)
})

await t.test('a session that ends leaves the group, and the others join again', async t => {
  const group = groupOf(t)
  const first = await group.join({ ...joining, sessionTimeoutMs: 20 })
  const assigned = group.sync(first.memberId, first.generation, new Map([[first.memberId, Buffer.from('all')]]))
  t.same(await assigned, { error: ErrorCode.NONE, assignment: Buffer.from('all') })
  t.equal(group.state, 'Stable')
  t.same(await group.sync(first.memberId, first.generation, new Map()), { error: ErrorCode.NONE, assignment: Buffer.from('all') })
  const second = group.join({ ...joining, protocols: [{ name: 'sticky', metadata: Buffer.from('s') }, ...protocols] })
  t.equal(group.heartbeat(first.memberId, first.generation), ErrorCode.REBALANCE_IN_PROGRESS)
  t.same((await second).members.length, 1, 'the second waited for the first, whose session ended')
})

await t.test('a member that waits for its share hears of a rebalance', async t => {
  const group = groupOf(t)
  const first = await group.join(joining)
  const joined = group.join(joining)
  const again = group.join({ ...joining, memberId: first.memberId })
  const [leader, follower] = [await again, await joined]
  t.same([leader.members.length, follower.members.length], [2, 0])
  const share = group.sync(follower.memberId, follower.generation, new Map())
  t.equal(group.leave(leader.memberId), ErrorCode.NONE)
  t.same(await share, { error: ErrorCode.REBALANCE_IN_PROGRESS, assignment: Buffer.alloc(0) })
  t.same(group.described.map(({ clientId, metadata }) => [clientId, String(metadata)]), [['c', 'm']])
  t.equal((await group.sync(leader.memberId, 0, new Map())).error, ErrorCode.UNKNOWN_MEMBER_ID)
})

await t.test('who may not join', async t => {
  const group = groupOf(t)
  await group.join(joining)
  t.equal((await group.join({ ...joining, memberId: 'unknown' })).error, ErrorCode.UNKNOWN_MEMBER_ID)
  t.equal((await group.join({ ...joining, protocols: [{ name: 'other', metadata: Buffer.alloc(0) }] })).error, ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
})

await t.test('what a member has before its protocol is chosen and its share given', async t => {
  const group = groupOf(t)
  const both = [...protocols, { name: 'sticky', metadata: Buffer.from('s') }]
  const first = await group.join({ ...joining, protocols: both })
  t.same(await group.sync(first.memberId, first.generation, new Map()), { error: ErrorCode.NONE, assignment: Buffer.alloc(0) })
  const second = group.join({ ...joining, protocols: both.slice(1) })
  t.same(group.described.map(({ metadata }) => String(metadata)), ['m', ''])
  await group.join({ ...joining, memberId: first.memberId, protocols: both })
  t.equal((await second).protocol, 'sticky')
  t.same(group.described.map(({ metadata }) => String(metadata)), ['s', 's'])
})
