import type { Settings } from '../config/index.ts'
import { Access, type Method } from './access.ts'
import { methodOf, type Authenticate } from './authenticate.ts'
import { Policy } from './policy.ts'

/** Who comes in, and what they may do, as the settings say. `authenticate`: a team's own hook, which is asked first. */
export async function createAccess (_settings: Settings, authenticate?: Authenticate): Promise<Access> {
  const methods: Method[] = authenticate === undefined ? [] : [methodOf(authenticate)]
  return new Access(new Policy(), methods)
}
