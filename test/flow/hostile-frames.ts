import { clientFrame } from './peer.ts'

/** Frames that a client must not send, and how its socket is closed for it, or how the publish is refused. */
export interface HostileFrames {
  name: string
  bytes: Buffer | Buffer[]
  /** The close code that it is told; 'ended' where no close frame is due. */
  closed?: number | 'ended'
  refused?: { id: number, code: string }
  raw?: boolean
}

const TEXT = 1
const BINARY = 2
const CLOSE = 8
const PING = 9
const PONG = 10
const CONTINUED = 0

const misuse = (name: string, text: string, closed: number): HostileFrames => ({ name, bytes: clientFrame(TEXT, text), closed })
const refusal = (name: string, text: string, id = 1, code = 'bad-field'): HostileFrames => ({ name, bytes: clientFrame(TEXT, text), refused: { id, code } })
const broken = (name: string, bytes: Buffer | Buffer[], closed: number | 'ended' = 1002): HostileFrames => ({ name, bytes, closed, raw: true })
const publish = (members: string): string => `{"type":"publish",${members}}`
const closeFrame = (code: number, reason: string | Buffer = ''): Buffer => clientFrame(CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason as string)]))
const repeated = (count: number, frame: Buffer): Buffer => Buffer.concat(Array.from({ length: count }, () => frame))

export const protocolFrames: HostileFrames[] = [
  misuse('no JSON', 'hello', 4500),
  misuse('an empty frame', '', 4500),
  misuse('half an object', '{"type":"publish","id":1,"data":', 4500),
  misuse('something behind the object', '{"type":"publish","id":1,"data":1} x', 4500),
  misuse('two objects', '{"type":"publish","id":1,"data":1}{"type":"publish","id":2,"data":1}', 4500),
  misuse('a trailing comma', '{"type":"publish","id":1,"data":1,}', 4500),
  misuse('an array', '[{"type":"publish","id":1,"data":1}]', 4500),
  misuse('a number', '7', 4500),
  misuse('null', 'null', 4500),
  misuse('a member twice', publish('"id":1,"id":2,"data":1'), 4500),
  misuse('the type twice', '{"type":"watch","type":"publish","id":1,"data":1}', 4500),
  misuse('seventeen members', `{${Array.from({ length: 17 }, (_, n) => `"m${n}":1`).join(',')}}`, 4500),
  misuse('data nested 64 deep', publish(`"id":1,"data":${'['.repeat(64)}${']'.repeat(64)}`), 4500),
  misuse('data nested 30,000 deep', publish(`"id":1,"data":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`), 4500),
  misuse('openers without end', publish(`"id":1,"data":${'['.repeat(50_000)}`), 4500),
  misuse('a bad escape', publish('"id":1,"data":"\\x"'), 4500),
  misuse('a control character in a string', publish('"id":1,"data":"\u0001"'), 4500),
  misuse('no type', '{"id":1,"data":1}', 4501),
  misuse('a type that is not text', '{"type":1}', 4501),
  misuse('an unknown type', '{"type":"subscribe","id":1}', 4501),
  misuse('a type that only the server sends', '{"type":"ack","id":1,"partition":0,"offset":0}', 4501),
  misuse('__proto__ for a type', '{"__proto__":{"type":"publish"},"id":1,"data":1}', 4501),
  misuse('a type named constructor', '{"type":"constructor"}', 4501),
  { name: 'a binary frame', bytes: clientFrame(BINARY, '{"type":"publish","id":1,"data":1}'), closed: 4502 },
  { name: 'an empty binary frame', bytes: clientFrame(BINARY, ''), closed: 4502 },
  misuse('no id', publish('"data":1'), 4503),
  misuse('id 0', publish('"id":0,"data":1'), 4503),
  misuse('a negative id', publish('"id":-1,"data":1'), 4503),
  misuse('a fractional id', publish('"id":1.5,"data":1'), 4503),
  misuse('a huge id', publish('"id":9007199254740992,"data":1'), 4503),
  misuse('an endless id', publish(`"id":${'9'.repeat(400)},"data":1`), 4503),
  misuse('an id as text', publish('"id":"1","data":1'), 4503),
  misuse('an id that is null', publish('"id":null,"data":1'), 4503),
  misuse('an id with a leading zero', publish('"id":01,"data":1'), 4500),
  misuse('a watch of nobody', '{"type":"watch"}', 4504),
  misuse('a watch of a bad id', '{"type":"watch","device":"a b"}', 4504),
  misuse('a watch of a pattern', '{"type":"watch","device":"sensor-*"}', 4504),
  misuse('a watch of a list', '{"type":"watch","device":["a"]}', 4504),
  misuse('a watch with more in it', '{"type":"watch","device":"a","since":"earliest"}', 4504),
  misuse('an unwatch of nobody', '{"type":"unwatch","device":null}', 4504),
  refusal('no value', publish('"id":1')),
  refusal('two values', publish('"id":1,"data":1,"base64":"AA=="')),
  refusal('an unknown field', publish('"id":1,"data":1,"qos":2')),
  refusal('__proto__ as a field', publish('"id":1,"data":1,"__proto__":{}')),
  refusal('a field with an escape in its name', publish('"id":1,"d\\u0061ta":1')),
  refusal('base64 that is none', publish('"id":1,"base64":"?"')),
  refusal('base64 without padding', publish('"id":1,"base64":"AA"')),
  refusal('base64url', publish('"id":1,"base64":"_-8="')),
  refusal('base64 that is no text', publish('"id":1,"base64":[1]')),
  refusal('an empty event', publish('"id":1,"event":"","data":1')),
  refusal('a long event', publish(`"id":1,"event":"${'e'.repeat(129)}","data":1`)),
  refusal('an event that is no text', publish('"id":1,"event":{},"data":1'))
]

const half = (text: string): Buffer => clientFrame(TEXT, text, { fin: false })

export const brokenFrames: HostileFrames[] = [
  broken('an unmasked frame', clientFrame(TEXT, 'x', { masked: false })),
  broken('reserved bit 1', clientFrame(TEXT, 'x', { reserved: 4 })),
  broken('reserved bits 2 and 3', clientFrame(TEXT, 'x', { reserved: 3 })),
  broken('opcode 3', clientFrame(3, 'x')),
  broken('opcode 11', clientFrame(11, 'x')),
  broken('a continuation of nothing', clientFrame(CONTINUED, 'x')),
  broken('a new message within one', [half('a'), clientFrame(TEXT, 'b')]),
  broken('a ping of 126 bytes', clientFrame(PING, 'x'.repeat(126))),
  broken('a ping in pieces', clientFrame(PING, 'x', { fin: false })),
  broken('a close frame of one byte', clientFrame(CLOSE, 'x')),
  broken('close code 1005', closeFrame(1005)),
  broken('close code 999', closeFrame(999)),
  broken('close code 5000', closeFrame(5000)),
  broken('a close reason that is not UTF-8', closeFrame(1000, Buffer.from([0xff])), 1007),
  broken('a text frame that is not UTF-8', clientFrame(TEXT, Buffer.from([0xc3, 0x28])), 1007),
  broken('half a character at a text\'s end', [clientFrame(TEXT, Buffer.from([0xe2, 0x82]), { fin: false }), clientFrame(CONTINUED, '')], 1007),
  broken('a frame of 64 KiB and one byte', clientFrame(BINARY, Buffer.alloc(64 * 1024 + 1)), 1009),
  broken('a frame that says it has 2^63 bytes', Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]), 1009),
  broken('fragments that are too large together', [half('x'.repeat(40_000)), clientFrame(CONTINUED, 'x'.repeat(40_000))], 1009),
  broken('fragments without end', [half(''), repeated(100, clientFrame(CONTINUED, 'x', { fin: false }))], 1008),
  broken('a flood of tiny frames, then a broken one', [repeated(20_000, clientFrame(PONG, '')), clientFrame(3, '')]),
  broken('sixty pings at once, then a broken frame', [repeated(60, clientFrame(PING, 'p')), clientFrame(3, '')])
]
