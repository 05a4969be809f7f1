import { formatCursor, parseCursor } from '../../../src/protocol/cursor.ts'
import { parseSince } from '../../../src/protocol/since.ts'
import { fromBase64 } from '../../../src/protocol/base64.ts'
import { altNames } from '../../../src/access/san.ts'
import type { Random } from '../../ledger/random.ts'
import { must, type Kind } from '../kind.ts'

const NOW = Date.UTC(2026, 10, 28)
const OTHERS = ['earliest', '-10m', '-999999999d', '2026-11-22T12:30:00Z', '2026-11-22T12:30:00.250+02:00', 'AA==', 'DNS:a.example, URI:urn:device:a', 'DNS:"a, b", IP Address:10.0.0.1', 'DirName:"/CN=\\"x\\""']

/** What stands in addresses and certificates: a cursor, a time, base64, alternative names. */
export const cursors: Kind = {
  name: 'cursors and times',
  share: 15,
  draw: (random) => Buffer.from(random.chance(0.3) ? random.pick(OTHERS) : cursor(random)),
  check: (input) => {
    const text = input.toString('latin1')
    const read = parseCursor(text)
    if (read !== undefined) {
      const again = formatCursor(read.cluster, read.partitions, read.places)
      must(JSON.stringify(parseCursor(again)) === JSON.stringify(read), `it reads as ${again}, which reads otherwise`)
      for (const { partition, offset } of read.places) must(partition < read.partitions && Number.isSafeInteger(offset), 'a place that cannot be')
    }
    const since = parseSince(text, NOW)
    if (since?.kind === 'time') must(since.timeMs >= 0 && since.timeMs <= NOW + 300_000, `a time that cannot be: ${since.timeMs}`)
    const bytes = fromBase64(text)
    if (bytes !== undefined) must(bytes.toString('base64') === text, 'base64 that is written otherwise')
    for (const { kind, value } of altNames(text) ?? []) must((kind === 'DNS' || kind === 'URI') && typeof value === 'string', 'a name that cannot be')
  }
}

function cursor (random: Random): string {
  const partitions = random.int(1, 300)
  const places = Array.from({ length: random.int(1, 5) }, () => [random.int(0, partitions), random.int(0, 2 ** 31), random.int(0, 2 ** 31) * 1000, random.int(-1, 9)].join('.'))
  return `1.${random.int(0, 2 ** 31).toString(36)}.${partitions}.${places.sort((a, b) => parseInt(a) - parseInt(b)).join('~')}`
}
