import { isUtf8 } from 'node:buffer'
import { isUnambiguous } from '../../../src/access/unambiguous.ts'
import { decode } from '../../../src/protocol/decode.ts'
import { isJson, MAX_DEPTH } from '../../../src/protocol/json.ts'
import { json } from '../draw/json.ts'
import { message } from '../draw/messages.ts'
import { must, type Kind } from '../kind.ts'
import { shapeOf } from './shape.ts'

/** Our scanner of JSON against V8's reader. What is no UTF-8 never comes to it, and has to do no harm all the same. */
export const scanner: Kind = {
  name: 'JSON scanner',
  share: 20,
  draw: (random) => Buffer.from(json(random, 4)),
  check: (input) => {
    const isOurs = isJson(input, 0, input.length)
    if (!isUtf8(input)) return
    const theirs = parsed(input)
    must(isOurs ? theirs !== undefined : theirs === undefined || shapeOf(input.toString()).depth > MAX_DEPTH, `isJson says ${isOurs}, and JSON.parse says otherwise`)
  }
}

/** Frames of sluice.v1, against what JSON.parse reads in them. */
export const messages: Kind = {
  name: 'decode',
  share: 20,
  draw: (random) => Buffer.from(message(random)),
  check: (input) => {
    const frame = decode(input)
    if (!isUtf8(input)) return
    const whole = parsed(input)?.value as Record<string, unknown> | undefined
    if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) return must(frame.type === 'misuse' && frame.close === 'bad-frame', `${frame.type}, and it is no object`)
    if (frame.type === 'misuse') return
    must(frame.type === 'refuse' ? whole.type === 'publish' : frame.type === whole.type, `it is ${frame.type}, and says ${String(whole.type)}`)
    if (frame.type === 'publish' || frame.type === 'refuse') must(frame.id === whole.id, `its id is ${String(frame.id)}, and says ${String(whole.id)}`)
    if (frame.type === 'watch' || frame.type === 'unwatch') must(frame.device === whole.device, 'another device')
    if (frame.type !== 'publish') return
    const value = frame.source.subarray(frame.from, frame.to)
    if (whole.data === undefined) must(value.toString('base64') === whole.base64, 'other bytes')
    else must(JSON.stringify(parsed(value)?.value) === JSON.stringify(whole.data), 'other data')
    must(frame.event === whole.event, 'another event')
  }
}

/** Whether a text names a member twice, against a reader of our own. */
export const unambiguous: Kind = {
  name: 'JWT reading',
  share: 15,
  draw: (random) => Buffer.from(json(random, 4)),
  check: (input) => {
    const text = input.toString()
    const is = isUnambiguous(text)
    must(is === (parsed(input) !== undefined && !shapeOf(text).namesTwice), `isUnambiguous says ${is}`)
  }
}

function parsed (text: Buffer): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text.toString()) }
  } catch {
    return undefined
  }
}
