import { api } from './api.js'
import { isoTime } from './clock.js'
import { byId, element } from './element.js'

const pollMs = 2_000
const order = new Intl.Collator('en', { numeric: true })

/**
 * The list of connected devices, asked for while the tab is visible and the gateway is there.
 * `onChoose` hears a device id, or undefined when the chosen one is let go; `onList` every list.
 */
export function devices ({ self, onChoose, onList }) {
  const list = byId('devices-list')
  const filter = byId('devices-filter')
  const items = new Map() // device id → its <li>, so that focus and scrolling outlive a poll
  let known = []
  let total = 0
  let chosen
  let timer
  let polling = false

  async function poll () {
    clearTimeout(timer)
    if (!polling || document.hidden) return
    try {
      const answer = await api('v1/devices')
      known = answer.devices.sort((a, b) => (a.id === self) - (b.id === self) || order.compare(a.id, b.id))
      total = answer.total
      show()
      onList(known)
    } catch (error) {
      tellNone(error.message)
    }
    clearTimeout(timer)
    timer = setTimeout(poll, pollMs)
  }

  function show () {
    const wanted = filter.value.trim().toLowerCase()
    const matching = known.filter(({ id }) => id.toLowerCase().includes(wanted))
    const ids = new Set(matching.map(({ id }) => id))
    for (const [id, item] of items) if (!ids.has(id)) remove(id, item)
    matching.forEach((device, at) => {
      const item = items.get(device.id) ?? add(device.id)
      fill(item, device)
      if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null)
    })
    byId('devices-count').textContent = countText(matching.length) + (polling ? '' : ', not current')
    tellNone(known.length > 0 && matching.length === 0 ? 'No id on the list has this in it.' : '')
    byId('devices-hint').hidden = known.some(({ id }) => id !== self)
    keepTabStop()
  }

  function countText (matching) {
    const all = total.toLocaleString('en')
    if (matching < known.length) return `${matching.toLocaleString('en')} of ${all}`
    return known.length < total ? `${all}, the first ${known.length.toLocaleString('en')} listed` : all
  }

  function tellNone (text) {
    const none = byId('devices-none')
    none.textContent = text
    none.hidden = text === ''
  }

  function add (id) {
    const button = element('button', { type: 'button', tabindex: '-1', 'data-device': id },
      element('span', { class: 'id' }, id), element('span', { class: 'sockets' }))
    const item = element('li', {}, button)
    items.set(id, item)
    return item
  }

  function remove (id, item) {
    items.delete(id)
    item.remove()
  }

  function fill (item, { id, sockets, connectedAt }) {
    const button = item.firstChild
    const count = `${sockets} socket${sockets === 1 ? '' : 's'}`
    const text = id === self ? `this page, ${count}` : count
    if (button.lastChild.textContent !== text) button.lastChild.textContent = text
    button.title = `${id}, connected since ${isoTime(connectedAt)}`
    button.setAttribute('aria-pressed', String(id === chosen))
  }

  // A thousand devices are one stop for the tab key; the arrows walk among them.
  function keepTabStop (wanted = list.querySelector('[tabindex="0"]') ?? list.querySelector('button')) {
    for (const button of list.querySelectorAll('[tabindex="0"]')) button.tabIndex = -1
    if (wanted) wanted.tabIndex = 0
  }

  list.addEventListener('keydown', (event) => {
    const item = event.target.closest('li')
    const next = {
      ArrowDown: item?.nextElementSibling, ArrowUp: item?.previousElementSibling, Home: list.firstChild, End: list.lastChild
    }[event.key]
    if (!next) return
    event.preventDefault()
    keepTabStop(next.firstChild)
    next.firstChild.focus()
  })

  list.addEventListener('click', (event) => {
    const button = event.target.closest('button')
    if (!button) return
    keepTabStop(button)
    choose(button.dataset.device === chosen ? undefined : button.dataset.device)
  })

  function choose (id) {
    chosen = id
    for (const [each, item] of items) item.firstChild.setAttribute('aria-pressed', String(each === chosen))
    onChoose(id)
  }

  filter.addEventListener('input', show)
  document.addEventListener('visibilitychange', poll)

  return {
    letGo: () => choose(undefined),
    /** A list that is not asked for any more is shown as what it is: old. */
    setPolling (on) {
      polling = on
      byId('devices').classList.toggle('stale', !on)
      if (known.length > 0) show()
      poll()
    }
  }
}
