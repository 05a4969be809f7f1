import { byId } from './element.js'

const rateSeconds = 5

/** The header: the connection's state, where records are stored, records per second. */
export function header ({ onAgain }) {
  const root = byId('state')
  const word = byId('state-word')
  const why = byId('why')
  const again = byId('again')
  const spoken = byId('spoken')
  const buckets = new Array(rateSeconds).fill(0)
  let records = 0
  let countdown

  again.addEventListener('click', onAgain)

  function showState (state) {
    clearInterval(countdown)
    const waits = state.retryAt !== undefined
    const name = waits ? 'reconnecting' : state.name
    root.dataset.state = name
    why.hidden = state.why === undefined
    why.textContent = state.why ?? ''
    again.hidden = !waits && name !== 'closed'
    if (waits) {
      const tell = () => { word.textContent = `reconnecting in ${Math.max(0, Math.ceil((state.retryAt - Date.now()) / 1000))} s` }
      tell()
      countdown = setInterval(tell, 1_000)
    } else {
      word.textContent = name
    }
    if (state.welcome !== undefined) showStorage(state.welcome.storage)
    if (name === 'reconnecting' || name === 'closed') buckets.fill(0)
    // A gateway that stays away makes "connecting" and "reconnecting" alternate: once is enough to hear.
    const news = { live: 'live', stalled: `stalled: ${state.why}`, reconnecting: `reconnecting: ${state.why}`, closed: `closed: ${state.why}` }[name]
    if (news !== undefined && spoken.textContent !== news) spoken.textContent = news
  }

  function showStorage (storage) {
    const badge = byId('storage')
    badge.hidden = false
    badge.dataset.storage = storage
    badge.textContent = storage === 'kafka' ? 'kafka' : `${storage}: embedded broker, for trying out`
  }

  setInterval(() => {
    buckets.push(records)
    buckets.shift()
    records = 0
    const rate = buckets.reduce((sum, count) => sum + count, 0) / rateSeconds
    byId('rate').textContent = rate < 10 ? String(Math.round(rate * 10) / 10) : Math.round(rate).toLocaleString('en')
  }, 1_000)

  return { showState, countRecord: () => { records++ } }
}
