import { readHeader } from '../../src/devkafka/batch.ts'
import { Producers } from '../../src/devkafka/producers.ts'
import { walkBatches } from '../../src/wire/batch-walk.ts'
import { Denials } from '../../src/log/kafka/denials.ts'
import { ErrorCode } from '../../src/wire/errors.ts'
import { Reader } from '../../src/wire/reader.ts'
import { Writer } from '../../src/wire/writer.ts'

/** The part of a cluster that says what the gateway may do: here, all. */
export const permitted = { denials: new Denials(() => 'User:sluice', () => {}), isHidden: () => false }

export interface Sent { partition: number, batch: Buffer }

interface Produced { partition: number, error: number, base: number, faulty: number[] }

/** What a Produce body carries. */
export function sentIn (body: Buffer): Sent[] {
  const reader = new Reader(Buffer.from(body))
  reader.nullableString()
  reader.skip(6)
  return reader.array((topic) => {
    topic.string()
    return topic.array((p) => ({ partition: p.int32(), batch: p.bytes() }))
  }).flat()
}

export function answering (topic: string, partitions: readonly Produced[], throttleMs = 0): Buffer {
  return new Writer().array([topic], (w, name) => w.string(name).array(partitions, (p, { partition, error, base, faulty }) =>
    p.int32(partition).int16(error).int64(base).int64(-1).int64(0).array(faulty, (r, index) => r.int32(index).string(null)).string(null))).int32(throttleMs).finish()
}

/** The values of a batch's records. */
export function valuesIn (batch: Buffer): string[] {
  const values: string[] = []
  walkBatches(batch, 0, batch.length, 0, [], { record: (record) => values.push(String(record.value())), undecodable: (_from, _to, reason) => { throw new Error(reason) } })
  return values
}

/** One partition of a Kafka, as far as it judges batches: it knows its producers, and refuses records whose value begins with "bad". */
export class FakePartition {
  readonly values: string[] = []
  /** Whether it says which records are bad. */
  names = true
  readonly #producers = new Producers()

  take (batch: Buffer): Omit<Produced, 'partition'> {
    const values = valuesIn(batch)
    const faulty = values.flatMap((value, n) => value.startsWith('bad') ? [n] : [])
    if (faulty.length > 0) return { error: ErrorCode.INVALID_RECORD, base: -1, faulty: this.names ? faulty : [] }
    const { error, repeatOf } = this.#producers.check(readHeader(batch))
    if (error !== ErrorCode.NONE || repeatOf !== undefined) return { error, base: repeatOf ?? -1, faulty: [] }
    const base = this.values.length
    this.#producers.note({ ...readHeader(batch), base })
    this.values.push(...values)
    return { error, base, faulty: [] }
  }
}
