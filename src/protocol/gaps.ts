/** Why records of a device may be missing; docs/protocol.md shows the same table. */
export const gaps = {
  retention: "Kafka's retention removed records behind your cursor before they could be sent.",
  truncated: 'The topic was truncated or made anew: what your cursor points at is gone. It goes on by time, and some records may come again.',
  cluster: 'Your cursor is from another Kafka cluster. It goes on by time, and some records may come again.',
  undecodable: 'Records that may be for you could not be decoded, and were passed over.'
} as const

export type GapReason = keyof typeof gaps
