import { dueAtStart } from './chain.ts'
import { positionsOf } from './cursor.ts'
import { place, type Ledger } from './ledger.ts'
import type { Violation } from './violation.ts'

/** "Everything of yours before here was sent to you": nothing that is owed stands before a cursor, and nothing before it comes later. */
export function cursorLies (ledger: Ledger): Violation[] {
  const wrong: Violation[] = []
  for (const connection of ledger.connections.values()) {
    const due = dueAtStart(ledger, connection)
    const records = ledger.ofDevice.get(connection.opened.device) ?? []
    let told = new Map<number, number>()
    const lie = (story: string): void => { wrong.push({ kind: 'cursor-lies', story: `${story}; ${ledger.name(connection)}` }) }
    for (const { n, event } of connection.told) {
      if (event.type === 'gap') {
        due.gap(n)
        told = new Map()
      }
      const record = event.type === 'delivered' ? ledger.byValue.get(event.value) : undefined
      if (record !== undefined) {
        due.send(record)
        if (record.offset < (told.get(record.partition) ?? 0)) lie(`${place(record)} came after a cursor at ${told.get(record.partition)}`)
      }
      if (!('cursor' in event) || event.cursor === undefined) continue
      const positions = positionsOf(event.cursor)
      if (positions === undefined) lie(`${event.cursor} cannot be read`)
      for (const { partition, offset } of positions ?? []) {
        told.set(partition, offset)
        if (record?.partition === partition && offset <= record.offset) lie(`${place(record)} came with a cursor that is not behind it, ${offset}`)
        const owed = records.find((one) => one.partition === partition && one.offset < offset && due.owes(one))
        if (owed !== undefined) lie(`the cursor ${partition}/${offset} was told at ${event.at.toFixed(0)} ms (${event.type}), and ${place(owed)} had not been sent`)
      }
    }
  }
  return wrong
}
