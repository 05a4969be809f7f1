import { once } from 'node:events'
import type { Writable } from 'node:stream'
import t from 'tap'
import * as ws from 'ws'
import { wsFrame } from '../../src/protocol/ws-frame.ts'

const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable }

/** A client's Receiver, as `ws` has it: it is the one that judges what a frame is. */
function receiver (): Writable { return new Receiver({ isServer: false, maxPayload: 1 << 20 }) }

for (const binary of [false, true]) {
  for (const length of [0, 1, 125, 126, 127, 65_535, 65_536, 100_000]) {
    await t.test(`${length} bytes of ${binary ? 'binary' : 'text'}`, async t => {
      const payload = Buffer.alloc(length, 'é')
      if (length % 2 === 1) payload[length - 1] = 0x78
      const reading = receiver()
      const heard = once(reading, 'message')
      reading.write(wsFrame(payload, binary))
      const [data, isBinary] = await heard as [Buffer, boolean]
      t.ok(data.equals(payload))
      t.equal(isBinary, binary)
    })
  }
}

await t.test('frames one behind the other are so many messages', async t => {
  const reading = receiver()
  const texts: string[] = []
  reading.on('message', (data: Buffer) => texts.push(data.toString()))
  const all = once(reading, 'finish')
  reading.end(Buffer.concat(['a', '', 'b'.repeat(300), 'c'].map((text) => wsFrame(Buffer.from(text), false))))
  await all
  t.strictSame(texts, ['a', '', 'b'.repeat(300), 'c'])
})
