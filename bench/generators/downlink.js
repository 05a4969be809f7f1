/** Devices that only listen. */
import { openSocket } from './socket.js'
import { Delays } from './delays.js'
import { serve } from './serve.js'
import { ageMs } from './stamp.js'

const AT_ONCE = 100

const delays = new Delays()
let sockets = []
let taken = 0
let count = 0

function frame (bytes, from, to) {
  const ms = ageMs(bytes, from, to)
  if (ms === undefined) return // the welcome
  taken += 1
  count += 1
  delays.add(ms)
}

serve({
  async connect ({ address, devices, name, protocol }) {
    for (let from = 0; from < devices; from += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, devices - from) }, (_, i) => openSocket(address, `${name}-${from + i}`, protocol, frame))
      sockets.push(...await Promise.all(some))
    }
  },
  taken: () => taken,
  mark () {
    delays.clear()
    count = 0
  },
  read: () => ({ count, bins: delays.bins }),
  disconnect () {
    for (const socket of sockets) socket.destroy()
    sockets = []
    taken = 0
  }
})
