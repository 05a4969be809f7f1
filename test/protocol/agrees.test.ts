import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { decode } from '../../src/protocol/decode.ts'
import { isJson } from '../../src/protocol/json.ts'
import { membersOf } from '../../src/protocol/members.ts'

const spaces = fc.stringMatching(/^[ \t\r\n]{0,3}$/)

/** An object's text with spaces wherever JSON lets them be. */
function spaced (entries: Array<[string, string]>, gaps: string[]): string {
  let at = 0
  const gap = (): string => gaps[at++ % gaps.length] as string
  const members = entries.map(([name, value]) => `${gap()}${JSON.stringify(name)}${gap()}:${gap()}${value}${gap()}`)
  return `${gap()}{${members.join()}${gap()}}${gap()}`
}

const names = fc.string({ unit: fc.constantFrom(...'abc{}[],:\' é😀'), maxLength: 6 })
const json = fc.json({ depthSize: 'medium' })

await t.test('members are those that JSON.parse finds, each as it was written', async t => {
  const entries = fc.uniqueArray(fc.tuple(names, json), { maxLength: 16, selector: ([name]) => name })
  t.doesNotThrow(() => fc.assert(fc.property(entries, fc.array(spaces, { minLength: 1 }), (entries, gaps) => {
    const text = Buffer.from(spaced(entries, gaps))
    assert.ok(isJson(text, 0, text.length))
    assert.deepEqual(membersOf(text)?.map(({ name, from, to }) => [name, text.toString('utf8', from, to)]), entries)
  }), { numRuns: 500 }))
})

await t.test('what JSON.parse does not take is no frame, and what it takes as an object is one', async t => {
  const damage = fc.tuple(json, fc.nat(), fc.nat({ max: 3 }), fc.string({ unit: fc.constantFrom(...'{}[]",:\\ 01e.-tu'), maxLength: 3 }))
  t.doesNotThrow(() => fc.assert(fc.property(damage, ([value, at, cut, insert]) => {
    const whole = `{"type":"publish","id":3,"data":${value}}`
    const place = at % whole.length
    const text = whole.slice(0, place) + insert + whole.slice(place + cut)
    const members = membersOf(Buffer.from(text))
    let parsed: unknown
    try {
      parsed = JSON.parse(text)
    } catch {
      assert.equal(members, undefined, text)
      return
    }
    if (members === undefined) return
    const built = members.map(({ name, from, to }) => [name, JSON.parse(Buffer.from(text).toString('utf8', from, to)) as unknown])
    if (!text.includes('\\')) assert.deepEqual(Object.fromEntries(built), Object.fromEntries(Object.entries(parsed as object)))
  }), { numRuns: 3000 }))
})

await t.test('a publish is what JSON.parse reads in it', async t => {
  const frames = fc.record({ id: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), event: fc.option(fc.string({ minLength: 1, maxLength: 60 })), data: json, gaps: fc.array(spaces, { minLength: 1 }) })
  t.doesNotThrow(() => fc.assert(fc.property(frames, ({ id, event, data, gaps }) => {
    const entries: Array<[string, string]> = [['type', '"publish"'], ['id', String(id)], ['data', data]]
    if (event !== null) entries.push(['event', JSON.stringify(event)])
    for (const text of [spaced(entries, gaps), spaced(entries, [''])]) {
      const frame = decode(Buffer.from(text))
      assert.equal(frame.type, 'publish')
      if (frame.type !== 'publish') return
      assert.deepEqual([frame.id, frame.event, frame.source.toString('utf8', frame.from, frame.to)], [id, event ?? undefined, data])
    }
  }), { numRuns: 500 }))
})

await t.test('any bytes at all are decoded to something', async t => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.string({ unit: fc.constantFrom(...'{}[]",:\\ 1ta'), maxLength: 40 }).map((text) => Buffer.from(text)))
  t.doesNotThrow(() => fc.assert(fc.property(bytes, (array) => { decode(Buffer.concat([Buffer.from('{"type":"publish","id":1,"data":'), array])) })))
  t.doesNotThrow(() => fc.assert(fc.property(bytes, (array) => { decode(Buffer.from(array)) }), { numRuns: 1000 }))
})
