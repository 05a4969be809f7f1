import type { Settings } from '../config/index.ts'
import { Access, type Method } from './access.ts'
import { methodOf, type Authenticate } from './authenticate.ts'
import { createCallback } from './callback.ts'
import { byCertificate } from './certificate.ts'
import { byJwt } from './jwt.ts'
import { byKey } from './keys.ts'
import { Policy } from './policy.ts'
import { readRules } from './policy-file.ts'
import type { Surroundings } from './surroundings.ts'
import { createTickets } from './tickets.ts'

/**
 * Who comes in, and what they may do, as the settings say. `authenticate`: a team's own hook, which is asked first, but not about
 * our own tickets. Throws a `ConfigError` where what the settings name is not there, or not good.
 */
export async function createAccess ({ auth }: Settings, surroundings: Surroundings, authenticate?: Authenticate): Promise<Access> {
  const rules = auth.policyFile === undefined ? undefined : readRules(auth.policyFile)
  const tickets = createTickets(auth, surroundings)
  const hook = authenticate === undefined ? undefined : methodOf(authenticate)
  const methods: Array<Method | undefined> = [
    await byCertificate(auth, surroundings),
    tickets?.method,
    byKey(auth, surroundings),
    byJwt(auth, surroundings)
  ]
  return new Access(new Policy(rules), { hook, methods: methods.filter((method) => method !== undefined), tickets, callback: createCallback(auth, surroundings) })
}
