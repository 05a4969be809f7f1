import { backoffMs } from './backoff.js'

const welcomeMs = 15_000
// A connection that lasted this long was a good one: the next loss starts counting anew.
const settledMs = 10_000

/**
 * The page's own socket: watches all devices, comes back when it is lost. `onState` hears
 * `{ name: 'connecting' }`, `{ name: 'live', welcome }`, `{ name: 'reconnecting', at, why }` and `{ name: 'closed', why }`;
 * `onFrame` every frame, parsed and as it came. Returns a function that connects at once.
 */
export function connect (url, { onState, onFrame }) {
  let socket
  let timer
  let attempt = 0

  function open () {
    clearTimeout(timer)
    onState({ name: 'connecting' })
    socket = watchAll(url, {
      onFrame,
      onLive (welcome) {
        onState({ name: 'live', welcome })
      },
      onEnd (end) {
        socket = undefined
        if (end.livedMs > settledMs) attempt = 0
        const why = end.reason || (end.code === 1006 ? 'the connection was lost' : `close code ${end.code}`)
        if (end.code >= 4500 && end.code <= 4999) onState({ name: 'closed', why })
        else comeBack(end, why)
      }
    })
  }

  async function comeBack ({ code, retryMs }, why) {
    const waitMs = retryMs ?? backoffMs(attempt++)
    const at = Date.now() + waitMs
    const mine = timer = setTimeout(open, waitMs)
    onState({ name: 'reconnecting', at, why })
    if (code !== 1006) return
    const refusal = await ask(url)
    // The answer may take longer than the wait: it is no news then.
    if (socket !== undefined || timer !== mine) return
    if (isFinal(refusal)) {
      clearTimeout(timer)
      onState({ name: 'closed', why: refusal.message })
    } else if (refusal.code !== 'upgrade-required') {
      onState({ name: 'reconnecting', at, why: refusal.message })
    }
  }

  open()
  return () => {
    if (socket === undefined) open()
  }
}

/** One socket, from its opening to its end. */
function watchAll (url, { onFrame, onLive, onEnd }) {
  const address = new URL(url)
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
  const socket = new WebSocket(address, 'sluice.v1')
  let welcome
  let liveAt
  let retryMs
  let heard = true
  let ended = false
  let watchdog = setTimeout(() => end({ code: 1006, reason: 'no welcome came' }), welcomeMs)

  const watch = () => socket.send('{"type":"watch","device":"*"}')

  const take = {
    welcome (frame) {
      welcome = frame
      watch()
      clearInterval(watchdog)
      watchdog = setInterval(listen, frame.heartbeatMs)
    },
    // From this answer on nothing is missed, so it is this, not the welcome, that makes the page live.
    watching () {
      if (liveAt !== undefined) return
      liveAt = Date.now()
      onLive(welcome)
    },
    bye (frame) {
      retryMs = frame.retryMs
    }
  }

  // A page does not see the server's pings, and a lost network may never close a socket: after a silent heartbeat it asks
  // (a repeated watch is answered, too), after a second one it gives up.
  let asked = false
  function listen () {
    if (heard) asked = false
    else if (asked) return end({ code: 1006, reason: 'nothing was heard for two heartbeats' })
    else {
      asked = true
      watch()
    }
    heard = false
  }

  function end ({ code, reason }) {
    if (ended) return
    ended = true
    clearInterval(watchdog)
    socket.close()
    onEnd({ code, reason, retryMs, livedMs: liveAt === undefined ? 0 : Date.now() - liveAt })
  }

  socket.addEventListener('message', ({ data }) => {
    if (ended) return
    heard = true
    const frame = JSON.parse(data)
    if (Object.hasOwn(take, frame.type)) take[frame.type](frame)
    onFrame(frame, data)
  })
  socket.addEventListener('close', end)
  return socket
}

/** A browser hides why an upgrade was refused; a plain request for the same address is answered with the reason. */
async function ask (url) {
  try {
    const response = await fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(5_000) })
    const { code, message } = await response.json()
    return { status: response.status, code, message: message ?? `the server answered ${response.status}` }
  } catch {
    return { status: 503, message: 'the gateway does not answer' }
  }
}

/** A refusal that stays as it is until somebody changes something: no use in coming back by itself. */
function isFinal ({ status, code }) {
  return status >= 400 && status < 500 && status !== 429 && code !== 'upgrade-required'
}
