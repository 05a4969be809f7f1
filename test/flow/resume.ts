import type { ProtocolDevice, ServerFrame } from './device.ts'

export function since (cursor: unknown): { query: string } { return { query: `?since=${String(cursor)}` } }

/** The next frames up to the `live` that ends a catch-up, without it. */
export async function untilLive (device: ProtocolDevice): Promise<ServerFrame[]> {
  const frames: ServerFrame[] = []
  for (;;) {
    const frame = await device.next()
    if (frame.type === 'live') return frames
    frames.push(frame)
  }
}

export function data (frames: readonly ServerFrame[]): unknown[] { return frames.map((frame) => frame.data) }

/** So many messages; what was stored a moment ago may come before the `live` that ends a catch-up, or behind it. */
export async function messages (device: ProtocolDevice, count: number): Promise<ServerFrame[]> {
  const frames: ServerFrame[] = []
  while (frames.length < count) {
    const frame = await device.next()
    if (frame.type !== 'live') frames.push(frame)
  }
  return frames
}
