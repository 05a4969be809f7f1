/** Whoever signs tokens: keys of every kind, and tokens that are good, or not in one way. */

import { createHmac, generateKeyPairSync, randomBytes, sign as signBytes, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT, type JWTHeaderParameters, type JWTPayload } from 'jose'
import { keepSecret } from '../logs/keep.ts'

export interface Pair { privateKey: KeyObject, publicKey: KeyObject }

export const pairs = {
  rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  p256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  p521: () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  ed25519: () => generateKeyPairSync('ed25519')
}

export function pemOf ({ publicKey }: Pair): string { return publicKey.export({ format: 'pem', type: 'spki' }) as string }

/** A secret as a file has it, with a line end behind it. */
export const secret = randomBytes(32).toString('base64url')
keepSecret(secret)

/** As much of a tap test as is needed here. */
interface Owner { teardown: (fn: () => void) => void }

/** Writes a file for a setting to name. */
export function fileWith (t: Owner, text: string | Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-keys-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'key')
  writeFileSync(path, text)
  return path
}

export const inSeconds = (ms: number): number => Math.floor(ms / 1000)

/** A good token by jose, for a minute; `changes` replace claims, and undefined leaves one out. */
export async function token (key: KeyObject | string, header: JWTHeaderParameters, changes: Record<string, unknown> = {}): Promise<string> {
  const now = inSeconds(Date.now())
  const claims = JSON.parse(JSON.stringify({ sub: 'sensor-1', iat: now, exp: now + 60, ...changes })) as JWTPayload
  return await new SignJWT(claims).setProtectedHeader(header).sign(typeof key === 'string' ? Buffer.from(key) : key)
}

const base64url = (part: unknown): string => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')

/** A token of any header and payload, also of such as no library would make: as objects, or as text. */
export function forged (header: unknown, payload: unknown, signed: (input: string) => Buffer | string): string {
  const input = `${base64url(header)}.${base64url(payload)}`
  const signature = signed(input)
  const token = `${input}.${typeof signature === 'string' ? signature : signature.toString('base64url')}`
  keepSecret(token)
  return token
}

export const byHmac = (key: string, hash = 'sha256') => (input: string): Buffer => createHmac(hash, key).update(input).digest()
export const byKey = (key: KeyObject, hash: string | null = 'sha256', dsaEncoding: 'der' | 'ieee-p1363' = 'ieee-p1363') => (input: string): Buffer =>
  signBytes(hash, Buffer.from(input), { key, dsaEncoding })
