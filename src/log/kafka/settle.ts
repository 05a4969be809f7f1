import { ErrorCode } from '../../wire/errors.ts'
import type { Produced } from '../../wire/produce.ts'
import { verdict, type Verdict } from './answers.ts'
import type { Batch } from './batch.ts'
import type { PartitionQueue } from './partition-queue.ts'

/** Does to a queue what Kafka's answer for its head means. Left out of the answer, it goes again. */
export function settle (queue: PartitionQueue, produced: Produced | undefined): Verdict {
  const head = queue.head as Batch
  const code = produced?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
  const answer = verdict(code)
  switch (answer.kind) {
    case 'stored':
      queue.stored(code === ErrorCode.NONE ? (produced as Produced).baseOffset : -1)
      break
    case 'refused':
    case 'unfit':
      // An earlier try may have come through: then the sequence is not free, and what is cut from it could be stored twice.
      if (head.doubtful) queue.abandon({ code: 'kafka-away', reason: answer.failure.reason })
      else if (answer.kind === 'unfit') queue.unfit(answer.failure, (produced as Produced).faulty)
      else queue.refused(answer.failure)
      break
    case 'new-epoch':
    case 'new-producer':
      // Kafka no longer tells a repeat from a new batch.
      if (head.doubtful) queue.abandon({ code: 'kafka-away', reason: answer.reason })
      else {
        queue.backOff(answer.reason)
        queue.raiseEpoch()
      }
      if (answer.kind === 'new-producer') queue.wantsProducer = true
      break
    case 'again':
      if (answer.doubtful) head.doubtful = true
      queue.backOff(answer.reason)
  }
  return answer
}
