import { closes } from '../../src/protocol/closes.ts'
import { frame } from './rfc6455-frames.ts'

/** A text message of so many bytes that the mode takes: in sluice.v1 a publish under that id. */
export type Text = (bytes: number, id?: number) => Buffer

export interface FrameCase {
  /** Of RFC 6455. */
  section: string
  name: string
  /** Only in that mode; without it, in both. */
  only?: 'raw' | 'sluice.v1'
  sends: (text: Text) => Buffer[]
  /** The payloads of the pongs that come, in their order. */
  pongs?: string[]
  /** How many bytes has each message that is taken. Without `closed` the socket is still open then. */
  taken?: number[]
  /** The code of the close frame that comes. */
  closed?: number
}

const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10] as const
const USUAL = 60
const GOOD_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
const BAD_CODES = [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535]
const SIZES = [125, 126, 127, 65_535, 65_536]

/** The body of a close frame. */
const closing = (code: number, reason: string | Buffer = ''): Buffer => Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason as string)])
const part = (opcode: number, payload: Buffer | string = ''): Buffer => frame(opcode, payload, { fin: false })
const hex = (digits: string): Buffer => Buffer.from(digits, 'hex')

const framing: FrameCase[] = [
  { section: '5.1', name: 'a frame without a mask', sends: (text) => [frame(TEXT, text(USUAL), { masked: false })], closed: 1002 },
  { section: '5.1', name: 'a ping without a mask', sends: () => [frame(PING, 'a', { masked: false })], closed: 1002 },
  { section: '5.3', name: 'a mask of zeros', sends: (text) => [frame(TEXT, text(USUAL), { mask: Buffer.alloc(4) })], taken: [USUAL] },
  { section: '5.3', name: 'another mask for each frame', sends: (text) => [1, 2, 3].map((id) => frame(TEXT, text(USUAL, id))), taken: [USUAL, USUAL, USUAL] },
  ...[1, 2, 3, 4, 5, 6, 7].map((rsv): FrameCase => ({ section: '5.2', name: `reserved bits ${rsv.toString(2).padStart(3, '0')}`, sends: (text) => [frame(TEXT, text(USUAL), { rsv })], closed: 1002 })),
  { section: '5.2', name: 'a reserved bit in a ping', sends: () => [frame(PING, 'a', { rsv: 4 })], closed: 1002 },
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): FrameCase => ({ section: '5.2', name: `reserved opcode ${opcode}`, sends: () => [frame(opcode)], closed: 1002 })),
  ...SIZES.map((size): FrameCase => ({ section: '5.2', name: `${size} bytes`, sends: (text) => [frame(TEXT, text(size))], taken: [size] })),
  { section: '5.2', name: '65537 bytes, more than ws.maxFrameBytes', sends: (text) => [frame(TEXT, text(65_537))], closed: 1009 },
  { section: '5.2', name: 'no bytes', sends: () => [frame(TEXT), frame(BINARY)], only: 'raw', taken: [0, 0] },
  { section: '5.2', name: 'one byte', sends: () => [frame(BINARY, 'x')], only: 'raw', taken: [1] },
  { section: '5.2', name: 'a length whose highest bit is set', sends: () => [Buffer.concat([hex('81ff8000000000000001'), Buffer.alloc(5)])], closed: 1009 },
  // "The minimal number of bytes MUST be used", which binds who sends; it says nothing of what who receives has to do, and ws takes them.
  ...([[60, 16], [60, 64], [125, 64], [126, 64], [65_535, 64]] as const).map(([size, form]): FrameCase => ({ section: '5.2', name: `${size} bytes, their length in ${form} bits`, sends: (text) => [frame(TEXT, text(size), { form })], taken: [size] }))
]

const fragments: FrameCase[] = [
  { section: '5.4', name: 'in two', sends: (text) => [part(TEXT, text(USUAL).subarray(0, 9)), frame(CONTINUATION, text(USUAL).subarray(9))], taken: [USUAL] },
  { section: '5.4', name: 'in three, of which two are empty', sends: (text) => [part(TEXT), part(CONTINUATION), frame(CONTINUATION, text(USUAL))], taken: [USUAL] },
  { section: '5.4', name: 'a byte each', sends: (text) => [part(TEXT), ...[...text(USUAL)].map((byte) => part(CONTINUATION, Buffer.from([byte]))), frame(CONTINUATION)], taken: [USUAL] },
  { section: '5.4', name: 'with a ping between', sends: (text) => [part(TEXT, text(USUAL).subarray(0, 9)), frame(PING, 'between'), frame(CONTINUATION, text(USUAL).subarray(9))], pongs: ['between'], taken: [USUAL] },
  { section: '5.4', name: 'with a pong that nobody asked for between', sends: (text) => [part(TEXT, text(USUAL).subarray(0, 9)), frame(PONG, 'x'), frame(CONTINUATION, text(USUAL).subarray(9))], taken: [USUAL] },
  { section: '5.4', name: 'with a close between', sends: (text) => [part(TEXT, text(USUAL).subarray(0, 9)), frame(CLOSE, closing(1000))], closed: 1000 },
  { section: '5.4', name: 'a continuation of nothing', sends: (text) => [frame(CONTINUATION, text(USUAL))], closed: 1002 },
  { section: '5.4', name: 'a continuation of nothing, and not its end', sends: (text) => [part(CONTINUATION, text(USUAL))], closed: 1002 },
  { section: '5.4', name: 'a continuation of what has ended', sends: (text) => [part(TEXT, text(USUAL).subarray(0, 9)), frame(CONTINUATION, text(USUAL).subarray(9)), frame(CONTINUATION, 'x')], taken: [USUAL], closed: 1002 },
  { section: '5.4', name: 'a new message within one', sends: (text) => [part(TEXT, text(USUAL)), frame(TEXT, text(USUAL, 2))], closed: 1002 },
  { section: '5.4', name: 'more than 64', sends: () => [part(TEXT), ...Array.from({ length: 70 }, () => part(CONTINUATION, ' '))], closed: 1008 },
  { section: '5.4', name: 'too large together', sends: () => [part(TEXT, 'x'.repeat(40_000)), frame(CONTINUATION, 'x'.repeat(40_000))], closed: 1009 }
]

const controls: FrameCase[] = [
  ...[CLOSE, PING, PONG].map((opcode): FrameCase => ({ section: '5.5', name: `opcode ${opcode} of 126 bytes`, sends: () => [frame(opcode, opcode === CLOSE ? closing(1000, 'x'.repeat(124)) : 'x'.repeat(126))], closed: 1002 })),
  ...[CLOSE, PING, PONG].map((opcode): FrameCase => ({ section: '5.5', name: `opcode ${opcode} in fragments`, sends: () => [part(opcode)], closed: 1002 })),
  { section: '5.5.2', name: 'a ping without a payload', sends: () => [frame(PING)], pongs: [''] },
  { section: '5.5.2', name: 'a ping of 125 bytes', sends: () => [frame(PING, 'x'.repeat(125))], pongs: ['x'.repeat(125)] },
  { section: '5.5.2', name: 'a ping of bytes that are no text', sends: () => [frame(PING, hex('00fffe80'))], pongs: [hex('00fffe80').toString('latin1')] },
  { section: '5.5.3', name: 'ten pings, each with its own pong', sends: () => [...'abcdefghij'].map((name) => frame(PING, name)), pongs: [...'abcdefghij'] },
  { section: '5.5.3', name: 'a pong that nobody asked for', sends: () => [frame(PONG, 'x')] },
  { section: '5.5.1', name: 'a close without a body', sends: () => [frame(CLOSE)], closed: 1005 },
  { section: '5.5.1', name: 'a close of one byte', sends: () => [frame(CLOSE, 'x')], closed: 1002 },
  { section: '5.5.1', name: 'a close with a reason of 123 bytes', sends: () => [frame(CLOSE, closing(1000, 'x'.repeat(123)))], closed: 1000 },
  { section: '5.5.1', name: 'a close whose reason is not UTF-8', sends: () => [frame(CLOSE, closing(1000, hex('c328')))], closed: 1007 },
  { section: '5.5.1', name: 'a message behind a close is not taken', sends: (text) => [frame(CLOSE, closing(1000)), frame(TEXT, text(USUAL))], closed: 1000, taken: [] },
  { section: '5.5.1', name: 'a ping behind a close has no pong', sends: () => [frame(CLOSE, closing(1000)), frame(PING, 'late')], closed: 1000, pongs: [] },
  { section: '5.5.1', name: 'a message before a close is taken', sends: (text) => [frame(TEXT, text(USUAL)), frame(CLOSE, closing(1001))], closed: 1001, taken: [USUAL] },
  ...GOOD_CODES.map((code): FrameCase => ({ section: '7.4', name: `close code ${code} comes back`, sends: () => [frame(CLOSE, closing(code))], closed: code })),
  ...BAD_CODES.map((code): FrameCase => ({ section: '7.4', name: `close code ${code} may not be sent`, sends: () => [frame(CLOSE, closing(code))], closed: 1002 }))
]

/** Bytes that are no UTF-8: alone, cut short, overlong, halves of surrogates, beyond the last character. */
const NOT_UTF8 = ['80', 'bf', 'c3', 'e282', 'f09f98', 'c0af', 'e080af', 'f08080af', 'eda080', 'edbfbf', 'f4908080', 'f8888080', 'fe', 'ff', 'c328']
const last = { '1 byte': '7f', '2 bytes': 'dfbf', '3 bytes': 'efbfbf', '4 bytes': 'f48fbfbf', 'before the surrogates': 'ed9fbf', 'behind them': 'ee8080', 'a noncharacter': 'efbfbe' }

const texts: FrameCase[] = [
  ...NOT_UTF8.map((digits): FrameCase => ({ section: '8.1', name: `${digits} is no UTF-8`, sends: () => [frame(TEXT, hex(digits))], closed: 1007 })),
  ...Object.entries(last).map(([name, digits]): FrameCase => ({ section: '8.1', name: `the last of ${name}`, only: 'raw', sends: () => [frame(TEXT, hex(digits))], taken: [digits.length / 2] })),
  { section: '8.1', name: 'a character in two frames', only: 'raw', sends: () => [part(TEXT, hex('f09f')), frame(CONTINUATION, hex('9880'))], taken: [4] },
  { section: '8.1', name: 'a character in two frames, and a ping within it', only: 'raw', sends: () => [part(TEXT, hex('e2')), frame(PING, 'within'), frame(CONTINUATION, hex('82ac'))], pongs: ['within'], taken: [3] },
  { section: '8.1', name: 'half a character in two frames', sends: () => [part(TEXT, hex('e2')), frame(CONTINUATION, hex('82'))], closed: 1007 },
  { section: '5.6', name: 'a binary message has any bytes', only: 'raw', sends: () => [frame(BINARY, hex('c328ff'))], taken: [3] },
  { section: '5.6', name: 'a binary message is none of sluice.v1', only: 'sluice.v1', sends: (text) => [frame(BINARY, text(USUAL))], closed: closes['binary-frame'].code },
  { section: '5.6', name: 'an empty text is no JSON', only: 'sluice.v1', sends: () => [frame(TEXT)], closed: closes['bad-frame'].code }
]

export const frameCases: FrameCase[] = [...framing, ...fragments, ...controls, ...texts]
