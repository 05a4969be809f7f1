import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { startGateway } from './gateway.ts'
import { upgradeHead } from './peer.ts'

const gateway = await startGateway(t, await testBroker(t))
const [host, port] = gateway.host.split(':') as [string, string]

/** What each says makes the server answer for the last time; then it keeps its half of the connection open. */
const lastWords = {
  'an upgrade without a key': upgradeHead(gateway.host, '/ws/d', { 'sec-websocket-key': null }),
  'bytes that are no request': 'garbage\r\n\r\n',
  'an upgrade at no address': upgradeHead(gateway.host, '/ws/%zz')
}

for (const [name, bytes] of Object.entries(lastWords)) {
  await t.test(`${name}: the connection is ended, also when the other side does not end it`, async (t) => {
    const connected = once(gateway.app.http.server, 'connection') as Promise<[Socket]>
    const peer = connect({ host, port: Number(port), allowHalfOpen: true })
    t.teardown(() => peer.destroy())
    peer.on('error', () => {})
    const [ours] = await connected
    const closed = once(ours, 'close')
    let heard = ''
    peer.on('data', (data: Buffer) => { heard += data.toString() })
    const ended = once(peer, 'end')
    peer.write(bytes)
    await Promise.all([closed, ended])
    t.match(heard, /^HTTP\/1\.1 400 [\s\S]*"code":"bad-request"/)
  })
}
