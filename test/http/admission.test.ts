import t from 'tap'
import { asksForSocket, upgradeFault } from '../../src/http/admission.ts'

// Node asks it from version 24 on.
await t.test('an upgrade is to a WebSocket, or it is passed over', async (t) => {
  for (const upgrade of ['websocket', 'WebSocket']) t.ok(asksForSocket({ headers: { upgrade } }), upgrade)
  for (const upgrade of ['h2c', 'websocket, h2c']) t.notOk(asksForSocket({ headers: { upgrade } }), upgrade)
  t.notOk(asksForSocket({ headers: {} }), 'none')
})

await t.test('an upgrade is one after RFC 6455', async (t) => {
  const headers = { host: 'h', 'sec-websocket-version': '13' }
  t.equal(upgradeFault({ httpVersion: '1.1', headers }), undefined)
  t.match(upgradeFault({ httpVersion: '1.0', headers }), /HTTP\/1\.1/)
  t.match(upgradeFault({ httpVersion: '1.1', headers: { 'sec-websocket-version': '13' } }), /Host/)
  for (const version of ['8', '013', '13, 8']) t.match(upgradeFault({ httpVersion: '1.1', headers: { ...headers, 'sec-websocket-version': version } }), /has to be 13/, version)
})
