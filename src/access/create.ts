import type { Settings } from '../config/index.ts'
import { Access, type Method } from './access.ts'
import { methodOf, type Authenticate } from './authenticate.ts'
import { byCertificate } from './certificate.ts'
import { byJwt } from './jwt.ts'
import { Policy } from './policy.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * Who comes in, and what they may do, as the settings say. `authenticate`: a team's own hook, which is asked first. Throws a
 * `ConfigError` where what the settings name is not there, or not good.
 */
export async function createAccess ({ auth }: Settings, surroundings: Surroundings, authenticate?: Authenticate): Promise<Access> {
  const methods: Array<Method | undefined> = [authenticate === undefined ? undefined : methodOf(authenticate), await byCertificate(auth, surroundings), byJwt(auth, surroundings)]
  return new Access(new Policy(), methods.filter((method) => method !== undefined))
}
