import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import type { Audit } from '../audit/audit.ts'
import type { Gateway } from '../gateway.ts'
import type { Waiter } from '../log/log.ts'
import { fromBase64 } from '../protocol/base64.ts'
import { isDeviceId } from '../protocol/device-id.ts'
import { membersOf } from '../protocol/members.ts'
import { Problem } from '../protocol/problem.ts'
import { HeaderBlock, headerName } from '../wire/header-block.ts'
import { audited, callerFacts } from './auditing.ts'
import type { Callers } from './callers.ts'
import { RETRY_AFTER_S, type Unanswered } from './unanswered.ts'

const MAX_LISTED = 1000
const EVENT = headerName('event')
const CONTENT_TYPE = headerName('content-type')

const ProblemBody = Type.Object({ code: Type.String(), message: Type.String() })
const Devices = Type.Object({
  devices: Type.Array(Type.Object({ id: Type.String(), sockets: Type.Integer(), connectedAt: Type.Integer() })),
  total: Type.Integer()
})
const Message = Type.Object({
  data: Type.Optional(Type.Unknown()),
  base64: Type.Optional(Type.String()),
  event: Type.Optional(Type.String({ minLength: 1, maxLength: 128 }))
}, { additionalProperties: false })
const Stored = Type.Object({ partition: Type.Integer(), offset: Type.Integer() })

/** `GET /v1/devices`: who is connected here. `POST /v1/devices/{id}/messages`: append to the downlink. */
export function deviceRoutes (app: FastifyInstance, gateway: Gateway, callers: Callers, unanswered: Unanswered, audit: Audit | undefined): void {
  app.get('/v1/devices', { onRequest: callers.permit('list'), schema: { querystring: Type.Object({}, { additionalProperties: false }), response: { 200: Devices, '4xx': ProblemBody } } }, () => {
    const devices: Static<typeof Devices>['devices'] = []
    for (const { id, sessions, connectedMs } of gateway.hub.list()) {
      if (devices.push({ id, sockets: sessions.length, connectedAt: connectedMs }) === MAX_LISTED) break
    }
    return { devices, total: gateway.hub.devices }
  })

  // The body is checked as JSON and by its schema, and its bytes are kept: `data` goes into the record as it was written.
  app.removeContentTypeParser('text/plain')
  const texts = new WeakMap<FastifyRequest, Buffer>()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, text: Buffer, done) => {
    texts.set(request, text)
    try {
      done(null, JSON.parse(text.toString()))
    } catch {
      done(new Problem('bad-request', 'The body is not JSON.'))
    }
  })
  const onRequest = callers.permit('send', ({ params }) => (params as { id: string }).id)
  const schema = { body: Message, response: { 201: Stored, '4xx': ProblemBody, '5xx': ProblemBody } }
  app.post<{ Params: { id: string }, Body: Static<typeof Message> }>('/v1/devices/:id/messages', { onRequest, schema }, async (request, reply) => {
    const { id } = request.params
    if (!isDeviceId(id)) throw new Problem('bad-device-id')
    if (gateway.state !== 'serving') throw new Problem('not-ready', undefined, RETRY_AFTER_S)
    const record = recordOf(request.body, texts.get(request) as Buffer)
    const facts = { ...callerFacts(request, callers.known(request)), device: id, event: request.body.event }
    const stored = await audited(audit, 'sent', facts, () => append(gateway, unanswered, id, record))
    return await reply.code(201).send(stored)
  })
}

interface Outgoing { readonly value: Buffer, readonly headers: HeaderBlock }

/** What the body says is to be sent. Throws a `Problem`. */
function recordOf ({ data, base64, event }: Static<typeof Message>, text: Buffer): Outgoing {
  if ((data === undefined) === (base64 === undefined)) throw new Problem('bad-request', 'The body has exactly one of data and base64.')
  const headers = new HeaderBlock()
  if (event !== undefined) headers.add(EVENT, event)
  if (base64 !== undefined) headers.add(CONTENT_TYPE, 'application/octet-stream')
  const value = base64 === undefined ? asWritten(text) : fromBase64(base64)
  if (value === undefined) throw new Problem('bad-request', 'base64 is a string of padded base64 (RFC 4648).')
  return { value, headers }
}

function append (gateway: Gateway, unanswered: Unanswered, device: string, { value, headers }: Outgoing): Promise<Static<typeof Stored>> {
  const downlink = gateway.log.topic(gateway.settings.topics.downlink)
  const key = Buffer.from(device)
  return unanswered.wait((stored, failed) => {
    const waiter: Waiter = {
      stored: (_id, _count, partition, offset) => stored({ partition, offset }),
      failed: (_id, failure) => failed(failure)
    }
    return downlink.append(gateway.placeOf(key), key, value, 0, value.length, headers, waiter, 1)
  })
}

function asWritten (text: Buffer): Buffer {
  const data = membersOf(text)?.find(({ name }) => name === 'data')
  if (data === undefined) throw new Problem('bad-request', 'The body names a member twice, or is nested more deeply than 64 levels.')
  return text.subarray(data.from, data.to)
}
