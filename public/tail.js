import { isoTime, timeOfDay } from './clock.js'
import { byId, element } from './element.js'
import { plain, valueElement } from './value.js'

const keep = 500
// Scrolled further than this, somebody reads: what is new waits.
const readingPx = 24

/**
 * The live tail. The newest is on top: there it is always at the same place, on a phone too, and reading back is one
 * scroll. Rows are made once per animation frame, and only those that will stay.
 */
export function tail () {
  const rows = byId('tail-rows')
  const scroll = byId('tail-scroll')
  const filter = byId('tail-filter')
  const pause = byId('tail-pause')
  const newer = byId('tail-newer')
  const only = byId('tail-only')
  let recent = [] // the newest, whatever the filter; oldest first, as are the others
  let shown = [] // those with a row; under a filter they may be older than all of the recent ones
  let waiting = [] // those that came since the last painting, or while it is held
  let received = 0
  let paused = false
  let watched = true
  let painting = false
  let device
  let wanted = ''

  const held = () => paused || scroll.scrollTop > readingPx
  const matches = (record) => (device === undefined || record.device === device) && (wanted === '' || searchable(record).includes(wanted))

  function add (record) {
    record.number = ++received
    waiting.push(record)
    // A hidden tab paints nothing, and a paused one for as long as it likes. Cut in strides: cutting each time is slow.
    if (waiting.length > keep * 2) waiting = waiting.slice(-keep)
    paintSoon()
  }

  function paintSoon () {
    if (painting) return
    painting = true
    window.requestAnimationFrame(paint)
  }

  function paint () {
    painting = false
    if (!held()) {
      recent = recent.concat(waiting).slice(-keep)
      const fresh = waiting.filter(matches).slice(-keep)
      waiting = []
      shown = shown.concat(fresh).slice(-keep)
      rows.prepend(...fresh.map(row).reverse())
      while (rows.childElementCount > shown.length) rows.lastElementChild.remove()
    }
    tell()
  }

  function tell () {
    const count = waiting.filter(matches).length
    const more = count >= keep ? `${keep}+` : String(count)
    pause.textContent = paused ? 'Resume' : 'Pause'
    newer.hidden = count === 0
    newer.textContent = paused ? `${more} newer, paused: resume` : `${more} newer`
    byId('tail-count').textContent = countText()
    byId('tail-hint').hidden = received > 0 || !watched
    const none = byId('tail-none')
    none.hidden = watched && (received === 0 || shown.length > 0)
    if (!watched) none.textContent = 'Your credentials do not let this page watch all devices.'
    else if (!none.hidden) none.textContent = device !== undefined || wanted !== '' ? 'Nothing yet that fits the filter.' : 'Cleared. What comes from now on shows here.'
  }

  function countText () {
    if (received === 0) return ''
    const all = `${received.toLocaleString('en')} received`
    return shown.length === received ? all : `${shown.length} shown, ${all}`
  }

  function filterAnew () {
    // A filter that is made wider or narrower keeps the rare rows that an earlier one had saved.
    const pool = new Map([...shown, ...recent].map((record) => [record.number, record]))
    shown = [...pool.values()].sort((a, b) => a.number - b.number).filter(matches).slice(-keep)
    rows.replaceChildren(...shown.map(row).reverse())
    scroll.scrollTop = 0
    paintSoon()
  }

  function resume () {
    paused = false
    scroll.scrollTop = 0
    paintSoon()
  }

  filter.addEventListener('input', () => {
    wanted = filter.value.trim().toLowerCase()
    filterAnew()
  })
  pause.addEventListener('click', () => {
    if (paused) return resume()
    paused = true
    paintSoon()
  })
  newer.addEventListener('click', () => {
    resume()
    scroll.focus()
  })
  byId('tail-clear').addEventListener('click', () => {
    recent = []
    shown = []
    waiting = []
    rows.replaceChildren()
    paintSoon()
  })
  scroll.addEventListener('scroll', paintSoon, { passive: true })

  return {
    add,
    /** Whether the gateway lets this page follow all devices. */
    setWatched (isWatched) {
      watched = isWatched
      paintSoon()
    },
    /** Shows the records of one device, or, given undefined, of all. */
    showOnly (id) {
      device = id
      only.hidden = id === undefined
      only.textContent = id === undefined ? '' : `only ${id}`
      only.setAttribute('aria-label', `Only ${id}: show all devices again`)
      filterAnew()
    }
  }
}

function searchable (record) {
  record.searchable ??= `${record.device} ${record.event} ${record.text}`.toLowerCase()
  return record.searchable
}

function row (record) {
  const { device, event, time } = record
  const iso = isoTime(time)
  return element('li', {},
    element('time', { datetime: iso, title: iso }, timeOfDay(time, { millis: true })),
    element('span', { class: 'device', title: device }, device),
    element('span', { class: 'event', title: event }, ...plain(event)),
    valueElement(record))
}
