import type { Settings } from '../config/index.ts'
import { Access, type Method } from './access.ts'
import { byJwt } from './jwt.ts'
import { byKey } from './keys.ts'
import { Policy } from './policy.ts'
import type { Surroundings } from './surroundings.ts'
import { createTickets } from './tickets.ts'

/** Who comes in, and what they may do, as the settings say. Throws a `ConfigError` where what they name is not there, or not good. */
export async function createAccess ({ auth }: Settings, surroundings: Surroundings): Promise<Access> {
  const tickets = createTickets(auth, surroundings)
  const methods: Array<Method | undefined> = [tickets?.method, byKey(auth, surroundings), byJwt(auth, surroundings)]
  return new Access(new Policy(), methods.filter((method) => method !== undefined), tickets)
}
