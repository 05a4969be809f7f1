/** What the gateway must never do, each by its name. */
export const kinds = {
  'lost-up': 'acked, but not in the uplink topic',
  'wrong-ack': 'an ack for what was never sent, or that names a place where something else stands',
  'order-up': "out of the sender's order in the uplink topic, after dropping repeats",
  unanswered: 'a publish with neither ack nor refusal although its socket stayed open, or with both',
  'refused-but-stored': 'refused as not stored each time that it was sent, and yet in the topic',
  'doubled-down': 'delivered twice on one connection',
  'order-down': "delivered out of the partition's order on one connection",
  'lost-down': 'not delivered, though neither a gap nor a close was told',
  misdelivered: 'delivered to a device whose id is not the key',
  corrupted: 'stored or delivered with another value',
  phantom: 'stored or delivered though nobody wrote it, or though its transaction was aborted',
  'cursor-lies': 'a cursor told before all that stands before it was sent',
  'false-gap': 'a gap told where nothing is gone',
  'never-live': 'a socket that stayed was told that it resumes, or is stalled, and never that it is live',
  'wrong-close': 'sent away for a mistake that the device did not make',
  'not-back': 'a device without a socket although all had been well for long',
  crashed: 'a gateway ended, or failed, by itself'
} as const

export type Kind = keyof typeof kinds

export interface Violation {
  readonly kind: Kind
  /** One line: who, what, where. */
  readonly story: string
}
