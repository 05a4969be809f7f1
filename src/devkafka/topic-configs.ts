import { ErrorCode } from '../wire/errors.ts'

/** The topic settings that Kafka 4 knows, with its defaults. The broker obeys max.message.bytes, cleanup.policy and delete.retention.ms. */
const defaults = {
  'cleanup.policy': 'delete',
  'compression.type': 'producer',
  'delete.retention.ms': '86400000',
  'file.delete.delay.ms': '60000',
  'flush.messages': '9223372036854775807',
  'flush.ms': '9223372036854775807',
  'index.interval.bytes': '4096',
  'max.compaction.lag.ms': '9223372036854775807',
  'max.message.bytes': '1048588',
  'message.timestamp.after.max.ms': '3600000',
  'message.timestamp.before.max.ms': '9223372036854775807',
  'message.timestamp.type': 'CreateTime',
  'min.cleanable.dirty.ratio': '0.5',
  'min.compaction.lag.ms': '0',
  'min.insync.replicas': '1',
  preallocate: 'false',
  'retention.bytes': '-1',
  'retention.ms': '604800000',
  'segment.bytes': '1073741824',
  'segment.index.bytes': '10485760',
  'segment.jitter.ms': '0',
  'segment.ms': '604800000',
  'unclean.leader.election.enable': 'false'
}

export interface ShownConfig { readonly name: string, readonly value: string, readonly isDefault: boolean }

/** The settings of one topic: those that were given, and defaults for the others. */
export class TopicConfigs {
  readonly given: Record<string, string>

  constructor (given: Record<string, string>) { this.given = { ...given } }

  get maxMessageBytes (): number { return Number(this.given['max.message.bytes'] ?? defaults['max.message.bytes']) }

  get compacted (): boolean { return (this.given['cleanup.policy'] ?? defaults['cleanup.policy']).includes('compact') }

  /** How long a compacted topic keeps a record without value; undefined for a topic that is not compacted. */
  get tombstoneMs (): number | undefined {
    return this.compacted ? Number(this.given['delete.retention.ms'] ?? defaults['delete.retention.ms']) : undefined
  }

  shown (): ShownConfig[] {
    return Object.entries(defaults).map(([name, value]) => ({ name, value: this.given[name] ?? value, isDefault: !(name in this.given) }))
  }
}

/** Numbers are held to be numbers, as far as the default is one; a name that is not in the table is a mistake. */
export function configError (given: Record<string, string>): number {
  const table = new Map(Object.entries(defaults))
  const wrong = Object.entries(given).some(([name, value]) => {
    const byDefault = table.get(name)
    return byDefault === undefined || (!Number.isNaN(Number(byDefault)) && (value === '' || Number.isNaN(Number(value))))
  })
  return wrong ? ErrorCode.INVALID_CONFIG : ErrorCode.NONE
}
