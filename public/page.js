import { api } from './api.js'
import { connect } from './client.js'
import { devices } from './devices.js'
import { form } from './form.js'
import { header } from './header.js'
import { login } from './login.js'
import { toRecord } from './record.js'
import { tail } from './tail.js'
import { token } from './token.js'

// crypto.randomUUID would be shorter, but is missing where a page comes by plain http from another machine.
const name = Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, '0')).join('')
const self = `page-${name}`

const wscat = new URL('ws/my-device', document.baseURI)
wscat.protocol = wscat.protocol === 'https:' ? 'wss:' : 'ws:'
for (const place of document.querySelectorAll('[data-paste=wscat]')) place.textContent = `npx wscat -c ${wscat}`

const sending = form()
const records = tail()
const list = devices({
  self,
  onList: sending.offer,
  onChoose (id) {
    records.showOnly(id)
    if (id !== undefined) sending.choose(id)
  }
})
document.getElementById('tail-only').addEventListener('click', list.letGo)

const top = header({ onAgain: () => client.state.name === 'closed' ? start() : client.reconnect() })
const asking = login({
  async onToken () {
    await client.close()
    start()
  }
})
let client

function start () {
  asking.done()
  const known = token()
  client = connect(new URL(`ws/${self}`, document.baseURI), known === undefined ? {} : { getToken: () => known })
  client.watch('*')
  client.on('watching', (watched) => records.setWatched(watched.includes('*')))
  client.on('state', (state) => {
    top.showState(state)
    if (state.name === 'closed') askWho(known)
    list.setPolling(state.name === 'live' || state.name === 'stalled')
  })
  client.on('message', (message) => {
    top.countRecord()
    if (message.device !== undefined) records.add(toRecord(message, message.text))
  })
}

/** Why a socket was refused is a sentence; whether another token would help, the API says. */
async function askWho (known) {
  const status = await api('v1/devices').then(() => 200, (error) => error.status)
  if (client.state.name === 'closed' && (known !== undefined || status === 401)) asking.ask()
}

start()
