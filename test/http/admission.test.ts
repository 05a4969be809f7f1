import t from 'tap'
import { asksForSocket } from '../../src/http/admission.ts'

// Node asks it from version 24 on.
await t.test('an upgrade is to a WebSocket, or it is passed over', async (t) => {
  for (const upgrade of ['websocket', 'WebSocket']) t.ok(asksForSocket({ headers: { upgrade } }), upgrade)
  for (const upgrade of ['h2c', 'websocket, h2c']) t.notOk(asksForSocket({ headers: { upgrade } }), upgrade)
  t.notOk(asksForSocket({ headers: {} }), 'none')
})
