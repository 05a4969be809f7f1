import t from 'tap'
import { decode, type ClientFrame } from '../../src/protocol/decode.ts'

function decoded (text: string): ClientFrame { return decode(Buffer.from(text)) }

/** A publish, with its value as text. */
function publish (text: string): object {
  const frame = decoded(text)
  if (frame.type !== 'publish') return frame
  const { source, from, to, ...rest } = frame
  return { ...rest, value: source.toString('utf8', from, to) }
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

await t.test('data travels as it was written', async t => {
  const values = [
    '1.0', '-0', '1E400', '12345678901234567890', '0.10', '{"b":1,"a":2}', '{"a":1,"a":2}', '{ "spaced" : [ 1 , 2 ] }', '"\\u0041\\n\\"\\\\"', '"\\ud800"',
    '"höhe 日本 😀"', 'true', 'false', 'null', '""', '[]', '{}', '"}"', '"\\\\"', '"a,\\"data\\":1"', nested(63), `"${'['.repeat(200)}"`, `[${'[],'.repeat(100)}[]]`
  ]
  for (const value of values) {
    const told = { type: 'publish', id: 7, event: undefined, contentType: undefined, value }
    t.strictSame(publish(`{"type":"publish","id":7,"data":${value}}`), told, value)
    t.strictSame(publish(`{"type":"publish","id":7,"data": ${value}\t}`), told, 'without the space around it')
    t.strictSame(publish(`{"type":"publish","id":7,"data":${value}} `), told)
    t.strictSame(publish(` { "data" :\r\n${value} , "id":7,"type" : "publish" } `), told, 'in any order')
    t.strictSame(publish(`{"type":"publish","id":7,"event":"e","data":${value}}`), { ...told, event: 'e' })
  }
})

await t.test('ids from 1 to 2^53 - 1, however they are written', async t => {
  for (const id of ['1', '999999999999999', '1000000000000000', '9007199254740991', '1e3', '5.0', '10']) {
    t.match(publish(`{"type":"publish","id":${id},"data":0}`), { type: 'publish', id: Number(id), value: '0' })
  }
})

await t.test('events and bytes', async t => {
  t.match(publish('{"type":"publish","id":1,"event":"höhe\\n","data":0}'), { event: 'höhe\n' })
  t.match(publish(`{"type":"publish","id":1,"event":"${'e'.repeat(128)}","data":0}`), { event: 'e'.repeat(128) })
  for (const bytes of ['', 'a', 'ab', 'abc', '\0\xff']) {
    const base64 = Buffer.from(bytes, 'latin1').toString('base64')
    t.strictSame(publish(`{"type":"publish","id":2,"base64":"${base64}"}`),
      { type: 'publish', id: 2, event: undefined, contentType: 'application/octet-stream', value: Buffer.from(bytes, 'latin1').toString() })
  }
})

await t.test('watch and unwatch', async t => {
  for (const type of ['watch', 'unwatch']) {
    for (const device of ['*', 'sensor-1', 'A~b.c_d:e-9', 'x'.repeat(128)]) t.strictSame(decoded(`{"type":"${type}","device":"${device}"}`), { type, device })
  }
})

await t.test('a publish that has an id is refused where it is wrong', async t => {
  const refusals: Array<[fields: string, message: string]> = [
    ['"data":1,"extra":2', 'A publish has no field "extra".'],
    [`"data":1,"${'x'.repeat(70)}":2`, `A publish has no field "${'x'.repeat(64)}".`],
    ['"d\\u0061ta":1', 'A publish has no field "d\\\\u0061ta".'],
    ['"event":"","data":1', 'event is a string of 1 to 128 characters.'],
    [`"event":"${'e'.repeat(129)}","data":1`, 'event is a string of 1 to 128 characters.'],
    ['"event":null,"data":1', 'event is a string of 1 to 128 characters.'],
    ['"event":5,"data":1', 'event is a string of 1 to 128 characters.'],
    ['"event":"e"', 'A publish has exactly one of data and base64.'],
    ['"data":1,"base64":""', 'A publish has exactly one of data and base64.'],
    ...['5', 'null', '"a"', '"abc"', '"YQ"', '"YQ="', '"YQ==="', '"Y Q="', '"YQ==\\n"', '"a-_="', '"===="']
      .map((value): [string, string] => [`"base64":${value}`, 'base64 is a string of padded base64 (RFC 4648).'])
  ]
  for (const [fields, message] of refusals) {
    t.strictSame(decoded(`{"type":"publish","id":4,${fields}}`), { type: 'refuse', id: 4, code: 'bad-field', message }, fields)
  }
})

const misuse: Record<string, string[]> = {
  'bad-frame': [
    '', ' ', 'x', '1', 'null', '"text"', '[]', '[{"type":"publish"}]', '{', '}', '{}}', '{"type"', '{"type":', '{"type":}', '{"type":"publish"', '{"type":"publish",}', '{,}',
    '{type:"publish"}', "{'type':'publish'}", '{"type" "publish"}', '{"type":"publish","id":1,"data":}', '{"type":"publish","id":1,"data":1}x', '{"type":"publish","id":1,"data":1}{}',
    '{"type":"publish","id":1,"data":[1,2}', '{"type":"publish","id":1,"data":[1}]', '{"type":"publish","id":1,"data":01}', '{"type":"publish","id":01,"data":1}', '{"type":"publish","id":1,"data":undefined}',
    '{"type":"publish","id":1,"data":"unterminated}', '{"type":"publish","id":1,"data":"x\\"}', '{"type":"publish","id":1,"data":"\u0001"}', '{"type":"publish","id":1,"data":\u00a01}', '\ufeff{"type":"publish","id":1,"data":1}',
    '{"type":"publish","id":1,"data":1,"data":2}', '{"type":"publish","id":1,"id":2,"data":2}', '{"type":"publish","type":"watch"}', '{"type":"publish","id":1,"data":1 2}', '{"type":"publish","id":1,"data":1]',
    `{"type":"publish","id":1,"data":${nested(64)}}`, `{"type":"publish","id":1,"data":${'['.repeat(10_000)}`, `{"type":"publish","id":1,"data":${'{"a":'.repeat(64)}1${'}'.repeat(64)}}`,
    `{${Array.from({ length: 17 }, (_, n) => `"m${n}":1`).join()}}`
  ],
  'unknown-type': ['{}', ' { } ', '{"id":1}', '{"type":"ack","id":1}', '{"type":"welcome"}', '{"type":5}', '{"type":null}', '{"type":"PUBLISH","id":1,"data":1}', '{"\\u0074ype":"publish","id":1,"data":1}', '{"type":["publish"]}'],
  'bad-id': ['0', '-1', '1.5', '1e-1', '"1"', 'null', 'true', '[1]', '9007199254740992', '1e99', '99999999999999999999'].map((id) => `{"type":"publish","id":${id},"data":1}`)
    .concat('{"type":"publish","data":1}', '{"type":"publish","id":1.5,"extra":1}'),
  'bad-watch': ['{"type":"watch"}', '{"type":"unwatch"}', '{"type":"watch","device":5}', '{"type":"watch","device":""}', '{"type":"watch","device":"a b"}', '{"type":"watch","device":"**"}', '{"type":"watch","device":"é"}',
    `{"type":"watch","device":"${'x'.repeat(129)}"}`, '{"type":"watch","device":"a","extra":1}', '{"type":"unwatch","id":1}']
}
for (const [close, frames] of Object.entries(misuse)) {
  await t.test(`${close}: the socket is closed`, async t => {
    for (const frame of frames) t.strictSame(decoded(frame), { type: 'misuse', close }, frame.slice(0, 60))
  })
}
