import { connect } from '@sluice/client'
import { fileStore } from '@sluice/client/file'
import WebSocket from 'ws' // Node 22 and later have their own

const client = connect('ws://127.0.0.1:8080/ws/example-node', { WebSocket, resume: 'main', store: fileStore('.sluice/example-node') })
client.on('state', ({ name, why = '' }) => console.log(name, why))
setInterval(() => client.publish({ c: 20 + Math.random() }, { event: 'telemetry' }).catch(console.error), 1_000)
for await (const { event, data } of client) console.log(event, data)
