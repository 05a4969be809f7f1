import { api } from './api.js'
import { timeOfDay } from './clock.js'
import { byId, element } from './element.js'
import { valueElement } from './value.js'

const deviceId = /^[\w.~:-]{1,128}$/
const sentRows = 5
// Longer than the gateway holds a record while Kafka is away: its own answer says more than a time-out.
const timeoutMs = 40_000

/** The form that sends to a device. */
export function form () {
  const root = byId('form')
  const device = byId('form-device')
  const event = byId('form-event')
  const value = byId('form-value')
  const send = byId('form-send')
  let connected

  root.addEventListener('submit', async (submit) => {
    submit.preventDefault()
    if (send.ariaDisabled === 'true' || !check()) return
    const message = { device: device.value.trim(), event: event.value.trim(), json: value.value.trim() }
    // Not `disabled`: that would take the focus away from whoever pressed it.
    send.ariaDisabled = 'true'
    tell('sending', 'Sending…')
    const { outcome, text } = await post(message)
    send.ariaDisabled = 'false'
    tell(outcome, text)
    remember(message, outcome, text)
  })
  value.addEventListener('keydown', (key) => {
    if (key.key === 'Enter' && (key.ctrlKey || key.metaKey)) root.requestSubmit()
  })
  device.addEventListener('input', noteDevice)
  value.addEventListener('input', () => noteValue(''))

  function check () {
    const wrongDevice = deviceMistake(device.value.trim())
    const wrongValue = jsonMistake(value.value.trim())
    note(device, wrongDevice)
    noteValue(wrongValue)
    if (wrongDevice === '') noteDevice()
    const first = wrongDevice !== '' ? device : wrongValue !== '' ? value : undefined
    first?.focus()
    if (first) tell('', '')
    return first === undefined
  }

  function noteValue (mistake) {
    note(value, mistake)
  }

  function noteDevice () {
    const id = device.value.trim()
    note(device, '')
    if (connected === undefined || id === '') return
    const sockets = connected.get(id)
    byId('form-device-note').textContent = sockets === undefined ? 'Not on the list of connected devices.' : `Connected, ${sockets} socket${sockets === 1 ? '' : 's'}.`
  }

  return {
    choose (id) {
      device.value = id
      noteDevice()
    },
    /** What the device field offers, and says about the id in it. */
    offer (devices) {
      const before = connected
      connected = new Map(devices.map(({ id, sockets }) => [id, sockets]))
      const same = before?.size === connected.size && devices.every(({ id }) => before.has(id))
      // An open list of suggestions would blink if it were made anew with every poll.
      if (!same) byId('form-devices').replaceChildren(...devices.map(({ id }) => element('option', { value: id })))
      if (device.getAttribute('aria-invalid') !== 'true') noteDevice()
    }
  }
}

function deviceMistake (id) {
  if (id === '') return 'Which device? Choose one from the list, or type its id.'
  return deviceId.test(id) ? '' : 'A device id has 1 to 128 characters of A-Z a-z 0-9 . _ ~ : -'
}

function jsonMistake (text) {
  if (text === '') return 'A value is needed: any JSON, such as {"led":true}'
  try {
    JSON.parse(text)
    return ''
  } catch (error) {
    return /^[\p{L}_][^"{}[\]]*$/u.test(text)
      ? `Not JSON: a text needs quotes, as in ${JSON.stringify(text)}`
      : `Not JSON: ${error.message}`
  }
}

function note (field, mistake) {
  field.setAttribute('aria-invalid', String(mistake !== ''))
  const line = byId(`${field.id}-note`)
  line.classList.toggle('mistake', mistake !== '')
  line.textContent = mistake
}

async function post ({ device, event, json }) {
  // The value goes as it was typed: parsed and printed again, a long number would be another one.
  const body = event === '' ? `{"data":${json}}` : `{"event":${JSON.stringify(event)},"data":${json}}`
  try {
    const { partition, offset } = await api(`v1/devices/${encodeURIComponent(device)}/messages`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body, timeoutMs
    })
    return { outcome: 'stored', text: `stored in partition ${partition} at offset ${offset}` }
  } catch (error) {
    return { outcome: 'failed', text: error.message }
  }
}

function tell (outcome, text) {
  const result = byId('form-result')
  result.dataset.outcome = outcome
  result.textContent = text === '' ? '' : text[0].toUpperCase() + text.slice(1)
}

function remember ({ device, event, json }, outcome, text) {
  const list = byId('sent-list')
  list.prepend(element('li', { 'data-outcome': outcome },
    element('p', { class: 'to' }, element('time', {}, timeOfDay(Date.now())), ' ', element('span', { class: 'device' }, device),
      ...(event === '' ? [] : [' ', element('span', { class: 'event' }, event)])),
    valueElement({ kind: 'json', text: json, note: '' }),
    element('p', { class: 'outcome' }, text)))
  while (list.childElementCount > sentRows) list.lastElementChild.remove()
  byId('sent').hidden = false
}
