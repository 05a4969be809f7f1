import { ErrorCode, errorName } from '../../wire/errors.ts'
import type { Failure } from '../log.ts'

/** What a Produce answer for one partition means for the batch. */
export type Verdict =
  | { kind: 'stored' }
  | { kind: 'again', reason: string, leaderMoved: boolean, doubtful: boolean }
  | { kind: 'new-epoch' | 'new-producer', reason: string }
  /** Refused whatever is in it; or unfit, for some record in it. */
  | { kind: 'refused' | 'unfit', failure: Failure }

const { NONE, DUPLICATE_SEQUENCE_NUMBER } = ErrorCode

const LEADER_MOVED = new Set<number>([
  ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.LEADER_NOT_AVAILABLE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.FENCED_LEADER_EPOCH, ErrorCode.UNKNOWN_LEADER_EPOCH
])
const TEMPORARY = new Set<number>([
  ErrorCode.REQUEST_TIMED_OUT, ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND, ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.NETWORK_EXCEPTION, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, ErrorCode.UNKNOWN_SERVER_ERROR, ErrorCode.THROTTLING_QUOTA_EXCEEDED
])
/** Said before anything is appended. Any other may be said after it: a leader that loses its place while it waits for its followers says so. */
const NOT_APPENDED = new Set<number>([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.CORRUPT_MESSAGE, ErrorCode.FENCED_LEADER_EPOCH, ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.THROTTLING_QUOTA_EXCEEDED
])
/** Kafka expects another sequence, or none: it has forgotten ours. */
const STATE_LOST = new Set<number>([ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, ErrorCode.UNKNOWN_PRODUCER_ID])
/** Kafka knows a higher epoch than ours, and how high is not said. */
const FENCED = new Set<number>([ErrorCode.INVALID_PRODUCER_EPOCH, ErrorCode.PRODUCER_FENCED])
const TOO_LARGE = new Set<number>([ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.RECORD_LIST_TOO_LARGE])
const UNFIT = new Set<number>([...TOO_LARGE, ErrorCode.INVALID_RECORD, ErrorCode.INVALID_TIMESTAMP])
const FORBIDDEN = new Set<number>([ErrorCode.TOPIC_AUTHORIZATION_FAILED, ErrorCode.CLUSTER_AUTHORIZATION_FAILED])

/** Reads Kafka's error code. A code that we do not know is final: sending it for ever would hold up all that waits behind. */
export function verdict (code: number): Verdict {
  const reason = errorName(code)
  if (code === NONE || code === DUPLICATE_SEQUENCE_NUMBER) return { kind: 'stored' }
  if (LEADER_MOVED.has(code)) return { kind: 'again', reason, leaderMoved: true, doubtful: !NOT_APPENDED.has(code) }
  if (TEMPORARY.has(code)) return { kind: 'again', reason, leaderMoved: false, doubtful: !NOT_APPENDED.has(code) }
  if (STATE_LOST.has(code)) return { kind: 'new-epoch', reason }
  if (FENCED.has(code)) return { kind: 'new-producer', reason }
  return { kind: UNFIT.has(code) ? 'unfit' : 'refused', failure: { code: refusalCode(code), reason } }
}

function refusalCode (code: number): 'record-too-large' | 'not-authorized' | 'kafka-refused' {
  if (TOO_LARGE.has(code)) return 'record-too-large'
  return FORBIDDEN.has(code) ? 'not-authorized' : 'kafka-refused'
}
