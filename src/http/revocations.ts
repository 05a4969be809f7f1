import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import { ID } from '../access/facts.ts'
import { keyIdOf } from '../access/fingerprints.ts'
import type { Grants } from '../access/policy.ts'
import type { Act, Audit } from '../audit/audit.ts'
import type { Gateway } from '../gateway.ts'
import { isDeviceId } from '../protocol/device-id.ts'
import { Problem } from '../protocol/problem.ts'
import { kinds, type Kind } from '../revocations/record.ts'
import type { Done } from '../table/writer.ts'
import { audited, callerFacts } from './auditing.ts'
import type { Callers } from './callers.ts'
import { RETRY_AFTER_S, type Unanswered } from './unanswered.ts'

const MAX_LISTED = 1_000
/** Has a whole secret in it, which is the id of nothing: a JWT, a ticket, an API key. */
const SECRET = /(?:^|[\W_])ey[A-Za-z][\w-]{8,}\.[\w-]{8,}\.|(?:^|\W)sk_[0-9a-f]{12}_[\w-]{43}/

const WHAT = { token: "a token's jti", key: "an API key's id, the 12 digits behind sk_, or a certificate's fingerprint", device: 'a device id' } as const

const ProblemBody = Type.Object({ code: Type.String(), message: Type.String() })
const problems = { '4xx': ProblemBody, '5xx': ProblemBody }
const Revoke = Type.Object({
  token: Type.Optional(Type.String()),
  key: Type.Optional(Type.String()),
  device: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  untilMs: Type.Optional(Type.Integer())
}, { additionalProperties: false })
const Revoked = Type.Object({
  kind: Type.Enum([...kinds]), id: Type.String(), reason: Type.Optional(Type.String()), by: Type.String(), at: Type.Number(), untilMs: Type.Optional(Type.Number())
})
const List = Type.Object({ revocations: Type.Array(Revoked), total: Type.Integer() })

interface Named { readonly kind: Kind, readonly id: string }

/** `/v1/revocations`: what was taken its access. `DELETE /v1/devices/{id}/sockets`: a kick. */
export function revocationRoutes (app: FastifyInstance, gateway: Gateway, callers: Callers, unanswered: Unanswered, audit: Audit | undefined): void {
  const { revocations } = gateway
  const onRequest = [callers.permit('revoke'), serving]
  const carryOut = async (act: Act, request: FastifyRequest, { kind, id }: Named, write: (done: Done) => void): Promise<void> => {
    await audited(audit, act, { ...callerFacts(request, callers.known(request)), kind, id }, () => unanswered.wait<void>((resolve, reject) => {
      write((failure) => failure === undefined ? resolve() : reject(failure))
      return true
    }))
  }
  const by = (request: FastifyRequest): string => (callers.known(request) as Grants).identity.subject

  app.get('/v1/revocations', { onRequest, schema: { response: { 200: List, ...problems } } }, () => {
    const list: Static<typeof List>['revocations'] = []
    for (const one of revocations.list()) if (list.push(one as Static<typeof Revoked>) === MAX_LISTED) break
    return { revocations: list, total: revocations.size }
  })

  app.post<{ Body: Static<typeof Revoke> }>('/v1/revocations', { onRequest, schema: { body: Revoke, response: { 201: Revoked, ...problems } } }, async (request, reply) => {
    const { reason, untilMs } = request.body
    const { kind, id } = named(request.body)
    const at = gateway.now()
    if (untilMs !== undefined && untilMs <= at) throw new Problem('bad-request', 'untilMs is past; it is a time in milliseconds since 1970.')
    if (!revocations.hasRoom(kind, id)) throw new Problem('revocations-full')
    const revocation = { reason, by: by(request), at, untilMs }
    await carryOut('revoked', request, { kind, id }, (done) => revocations.revoke(kind, id, revocation, done))
    return await reply.code(201).send({ kind, id, ...revocation })
  })

  app.delete<{ Params: { kind: string, id: string } }>('/v1/revocations/:kind/:id', { onRequest }, async (request, reply) => {
    const { kind, id } = revocations.find(request.params.kind, request.params.id) ?? named({ [request.params.kind]: request.params.id })
    await carryOut('lifted', request, { kind, id }, (done) => revocations.lift(kind, id, done))
    return await reply.code(204).send()
  })

  const kick = [callers.permit('kick', ({ params }) => (params as { id: string }).id), serving]
  app.delete<{ Params: { id: string } }>('/v1/devices/:id/sockets', { onRequest: kick, schema: { response: { 202: Type.Object({ here: Type.Integer() }), ...problems } } }, async (request, reply) => {
    const { id } = request.params
    if (!isDeviceId(id)) throw new Problem('bad-device-id')
    const here = gateway.hub.get(id)?.sessions.length ?? 0
    await carryOut('kicked', request, { kind: 'device', id }, (done) => revocations.kick(id, by(request), done))
    return await reply.code(202).send({ here })
  })

  async function serving (): Promise<void> {
    if (gateway.state !== 'serving') throw new Problem('not-ready', undefined, RETRY_AFTER_S)
  }
}

/** The one thing that is named. */
function named (given: { readonly [K in Kind]?: string | undefined }): Named {
  const [kind, more] = kinds.filter((one) => given[one] !== undefined)
  if (kind === undefined || more !== undefined) throw new Problem('bad-request', `Exactly one of ${kinds.join(', ')} is named.`)
  const id = given[kind] as string
  if (SECRET.test(id)) throw new Problem('bad-request', `${kind} is ${WHAT[kind]}, and never a secret itself. Nothing was revoked.`)
  if (kind === 'device' ? isDeviceId(id) : ID.test(id)) return { kind, id: kind === 'key' ? keyIdOf(id) : id }
  throw new Problem('bad-request', kind === 'device' ? undefined : `${kind} is ${WHAT[kind]}, of 1 to 255 printable characters without spaces at the ends.`)
}
