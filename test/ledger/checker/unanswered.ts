import type { Ledger } from './ledger.ts'
import type { Violation } from './violation.ts'

/** Each time that a publish is sent it is answered once: by a refusal of its own, or by the first ack that covers it. */
export function unanswered (ledger: Ledger): Violation[] {
  const wrong: Violation[] = []
  for (const connection of ledger.connections.values()) {
    const tell = (id: number, what: string): void => { wrong.push({ kind: 'unanswered', story: `${id} of ${ledger.name(connection)} ${what}` }) }
    const open = new Map<number, number>()
    for (const { event } of connection.told) {
      if (event.type === 'published') open.set(event.id, (open.get(event.id) ?? 0) + 1)
      else if (event.type === 'refused') {
        const times = open.get(event.id) ?? 0
        if (times === 0) tell(event.id, `was refused (${event.code}) at ${event.at.toFixed(0)} ms although it was answered already, or never sent`)
        else if (times === 1) open.delete(event.id)
        else open.set(event.id, times - 1)
      } else if (event.type === 'acked') {
        for (const [id, times] of open) {
          if (id > event.id) continue
          if (times > 1) tell(id, `was sent ${times} times, and one answer came for all`)
          open.delete(id)
        }
      }
    }
    const { opened: { mode }, stayed } = connection
    if (stayed && mode === 'sluice.v1') for (const id of open.keys()) tell(id, 'has neither ack nor refusal, and the socket stayed open')
  }
  return wrong
}
