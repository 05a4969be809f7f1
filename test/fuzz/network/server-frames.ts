import { isUtf8 } from 'node:buffer'
import { closes } from '../../../src/protocol/closes.ts'
import { framesIn } from '../../flow/server-frames.ts'
import { must } from '../kind.ts'

const [TEXT, BINARY, CLOSE, PING, PONG] = [1, 2, 8, 9, 10] as const
const TYPES = ['welcome', 'ack', 'refused', 'message', 'cursor', 'live', 'stalled', 'gap', 'watching', 'refreshed', 'denied', 'bye']
/** Closes that nothing which a client sends can be the cause of. */
const OURS = [closes.internal.code, closes['outcome-unknown'].code, closes['not-stored'].code]

/** Looks at each frame of the server: whole, unmasked, in the shortest form, and one that may be sent. Throws where it is not. */
export function serverFrames (bytes: Buffer, isRaw: boolean): void {
  let isClosed = false
  framesIn(bytes).forEach(({ first, opcode, payload, isMasked, isShortest }, count) => {
    must((first & 0xf0) === 0x80 && !isMasked && isShortest, `a frame that begins with ${first.toString(16)}, or is masked, or too long`)
    must(!isClosed, `a frame of opcode ${opcode} behind the close`)
    isClosed = look(opcode, payload, isRaw, count)
  })
}

/** Whether it is the close. */
function look (opcode: number, payload: Buffer, isRaw: boolean, count: number): boolean {
  must(opcode < CLOSE || payload.length <= 125, 'a control frame that is too long')
  if (opcode === CLOSE) {
    if (payload.length === 0) return true
    const code = payload.readUInt16BE(0)
    const reason = payload.subarray(2)
    must(isUtf8(reason), 'a reason that is not UTF-8')
    must(!(OURS.includes(code as never) && /^[a-z-]+: /.test(reason.toString())), `a close with ${code} ${reason.toString()}`)
    return true
  }
  if (opcode === TEXT) {
    must(isUtf8(payload), 'a text that is not UTF-8')
    if (isRaw) return false
    const { type, code } = JSON.parse(payload.toString()) as { type: string, code?: string }
    must(TYPES.includes(type) && (count > 0) === (type !== 'welcome'), `a ${type} where it is not due`)
    must(!(type === 'refused' && ['kafka-away', 'kafka-refused', 'outcome-unknown', 'topic-missing', 'not-authorized'].includes(code as string)), `a refusal with ${code}`)
    return false
  }
  must(opcode === PONG || opcode === PING || (opcode === BINARY && isRaw), `a frame of opcode ${opcode}`)
  return false
}
