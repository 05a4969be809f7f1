/** What a client says in sluice.v1, each member of each type right or wrong. */

import type { Random } from '../../ledger/random.ts'
import { json, object } from './json.ts'

const IDS = ['1', '2', '3', '0', '-1', '1.5', '9007199254740991', '9007199254740992', '"1"', 'null', '01', '1e2', '1e400', '[]']
const EVENTS = ['"alarm"', '""', '"é"', '1', 'null', '{}', `"${'e'.repeat(128)}"`, `"${'e'.repeat(129)}"`, '"\\ud800"', '"a\\u0000b"']
const BASE64 = ['"AA=="', '"AA"', '""', '"?"', '"_-8="', '[1]', '"AAAA"', '"AAB="']
const DEVICES = ['"sensor-1"', '"*"', '"a b"', '"sensor-*"', '""', '["a"]', 'null', `"${'d'.repeat(128)}"`, `"${'d'.repeat(129)}"`, '"__proto__"', '"../x"']
const CURSORS = ['"1.abc.6.3.4.5.6"', '"1.abc.6.3.4.5.6~5.1.1.-1"', '""', '"1."', '1', '"2.abc.6.3.4.5.6"', '"1.abc.6.9.4.5.6"', '"1.abc.4.0.999999999999999.1.-1"']
const TOKENS = ['"x"', '"a.b.c"', '""', '"a b"', '"é"', '7', `"${'t'.repeat(8192)}"`, `"${'t'.repeat(8193)}"`]
const TYPES = ['publish', 'publish', 'publish', 'watch', 'unwatch', 'received', 'refresh']
const ODD_TYPES = ['"ack"', '"welcome"', '"subscribe"', '""', '1', 'null', '"constructor"', '"__proto__"', '"Publish"', '"publish\\u0000"']

type Members = Array<readonly [name: string, value: string]>

const bodies: Record<string, (random: Random) => Members> = {
  publish: (random) => [
    ['id', random.chance(0.6) ? String(random.int(1, 50)) : random.pick(IDS)],
    ...random.chance(0.2) ? [['event', random.pick(EVENTS)] as const] : [],
    random.chance(0.8) ? ['data', json(random)] : ['base64', random.pick(BASE64)]
  ],
  watch: (random) => [['device', random.pick(DEVICES)]],
  unwatch: (random) => [['device', random.pick(DEVICES)]],
  received: (random) => [['cursor', random.pick(CURSORS)]],
  refresh: (random) => [['token', random.pick(TOKENS)]]
}

export function message (random: Random): string {
  const type = random.pick(TYPES)
  const members: Members = [['type', random.chance(0.95) ? `"${type}"` : random.pick(ODD_TYPES)], ...(bodies[type] as (random: Random) => Members)(random)]
  if (random.chance(0.1)) members.splice(random.int(0, members.length - 1), 1)
  if (random.chance(0.1)) members.push(random.pick(members))
  if (random.chance(0.1)) members.splice(random.int(0, members.length), 0, [random.pick(['more', 'data', 'base64', '__proto__', 'id']), json(random, 1)])
  if (random.chance(0.02)) members.push(...Array.from({ length: 16 }, (_, n) => [`m${n}`, '1'] as const))
  if (random.chance(0.1)) members.sort(() => random.next() - 0.5)
  return object(members, random)
}
