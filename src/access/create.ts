import type { Settings } from '../config/index.ts'
import { Access, type Method } from './access.ts'
import { Policy } from './policy.ts'

/** Who comes in, and what they may do, as the settings say. */
export async function createAccess (_settings: Settings): Promise<Access> {
  const methods: Method[] = []
  return new Access(new Policy(), methods)
}
