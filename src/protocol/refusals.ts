/** Why a publish is refused; docs/protocol.md shows the same table. */
export interface Refusal {
  readonly temporary: boolean
  readonly outcome: 'not-stored' | 'unknown'
  readonly message: string
}

export const refusals = {
  'bad-field': { temporary: false, outcome: 'not-stored', message: 'A field of the publish is missing, unknown, or of the wrong kind; the message names it.' },
  'id-not-rising': { temporary: false, outcome: 'not-stored', message: 'The id is not above every id that came before it on this connection.' },
  'not-permitted': { temporary: false, outcome: 'not-stored', message: 'Your credentials do not allow you to publish that event.' },
  'record-too-large': { temporary: false, outcome: 'not-stored', message: 'Kafka takes no record of this size in the topic.' },
  'not-authorized': { temporary: false, outcome: 'not-stored', message: 'Kafka does not let this gateway write to the topic.' },
  'topic-missing': { temporary: true, outcome: 'not-stored', message: 'The topic does not exist in Kafka, or no longer does.' },
  'kafka-refused': { temporary: false, outcome: 'not-stored', message: 'Kafka refused the record for good; the message names its reason.' },
  'kafka-away': { temporary: true, outcome: 'not-stored', message: 'Kafka did not answer for as long as the gateway may hold a record, and the record was never sent.' },
  'outcome-unknown': { temporary: true, outcome: 'unknown', message: 'Kafka did not answer for as long as the gateway may hold a record; it may or may not be stored.' },
  'holding-full': { temporary: true, outcome: 'not-stored', message: 'The gateway holds as many bytes for Kafka as it may; send again later.' },
  'earlier-refused': { temporary: true, outcome: 'not-stored', message: 'An earlier publish was refused for now; send again from that one on.' }
} as const satisfies Record<string, Refusal>

export type RefusalCode = keyof typeof refusals
