import { walkBatches } from '../../src/wire/batch-walk.ts'
import { BatchWriter } from '../../src/wire/batch-writer.ts'
import { HeaderBlock, headerName } from '../../src/wire/header-block.ts'
import { RecordView, walkRecords } from '../../src/wire/record-view.ts'

export interface Fields { key?: string | null, value?: string | Buffer | null, headers?: Record<string, string>, timeMs?: number }

/** Hands a record to `use` as the tail does: a view into a batch. */
export function withRecord ({ key = 'sensor-1', value = '1', headers = {}, timeMs = 1_790_000_000_000 }: Fields, use: (record: RecordView) => void): void {
  const block = new HeaderBlock()
  for (const [name, text] of Object.entries(headers)) block.add(headerName(name), text)
  const writer = new BatchWriter()
  const bytes = Buffer.from(value ?? '')
  writer.append(timeMs, Buffer.from(key ?? ''), bytes, 0, bytes.length, block)
  const batch = writer.seal({ id: -1n, epoch: -1 }, -1)
  walkBatches(batch, 0, batch.length, 0, [], {
    record: (record) => {
      if (key === null) record.keyLength = -1
      if (value === null) record.valueLength = -1
      use(record)
    },
    undecodable: (_from, _to, reason) => { throw new Error(reason) }
  })
}

/** A record whose headers end nowhere. */
export function withBrokenHeaders (use: (record: RecordView) => void): void {
  walkRecords(new RecordView(), Buffer.from([16, 0, 0, 0, 2, 0x61, 1, 4, 40]), 0, 9, 1, 0, 0, 0, use)
}
