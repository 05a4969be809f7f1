/** Devices that publish: in a closed loop with so many un-acked, or one frame each so often. */
import { ackedId, jsonValue, PublishFrames } from './frames.js'
import { Delays } from './delays.js'
import { openSocket } from './socket.js'
import { serve } from './serve.js'

const AT_ONCE = 100
const TICK_MS = 4
const SENT_KEPT = 4096
const VALUE_BYTES = 200

const frames = new PublishFrames(jsonValue(VALUE_BYTES))
const delays = new Delays()
let devices = []
let acked = 0
let refused = 0
let pacing

class Device {
  #sent = new Float64Array(SENT_KEPT)
  #acked = 0
  #last = 0
  #closedLoop = false

  async open (address, name) {
    this.socket = await openSocket(address, name, 'sluice.v1', (bytes, from, to) => this.#frame(bytes, from, to))
  }

  publish (count) {
    const now = performance.now()
    for (let n = 1; n <= count; n++) this.#sent[(this.#last + n) % SENT_KEPT] = now
    this.socket.write(frames.make(this.#last, count))
    this.#last += count
  }

  loop (unacked) {
    this.#closedLoop = true
    this.publish(unacked)
  }

  #frame (bytes, from, to) {
    const id = ackedId(bytes, from, to)
    if (id <= this.#acked) {
      if (bytes[from + 9] === 0x72) refused += 1 // {"type":"refused
      return
    }
    const now = performance.now()
    const count = id - this.#acked
    for (let n = this.#acked + 1; n <= id; n++) delays.add(now - this.#sent[n % SENT_KEPT])
    this.#acked = id
    acked += count
    if (this.#closedLoop) this.publish(count)
  }
}

serve({
  async connect ({ address, count, name }) {
    devices = Array.from({ length: count }, () => new Device())
    for (let from = 0; from < count; from += AT_ONCE) {
      await Promise.all(devices.slice(from, from + AT_ONCE).map((device, i) => device.open(address, `${name}-${from + i}`)))
    }
  },
  loop ({ unacked }) {
    for (const device of devices) device.loop(unacked)
  },
  /** The devices take turns, evenly spread. */
  pace ({ everyMs }) {
    const began = performance.now()
    let done = 0
    pacing = setInterval(() => {
      const due = Math.floor((performance.now() - began) / everyMs * devices.length)
      for (; done < due; done++) devices[done % devices.length].publish(1)
    }, TICK_MS)
  },
  once () {
    for (const device of devices) device.publish(1)
  },
  mark () {
    delays.clear()
    acked = refused = 0
  },
  read: () => ({ count: acked, refused, bins: delays.bins }),
  async disconnect () {
    clearInterval(pacing)
    for (const { socket } of devices) socket.destroy()
    devices = []
  }
})
