import { isDeviceId } from '../protocol/device-id.ts'
import type { Certificate } from './handshake.ts'
import { altNames } from './san.ts'

const PLACE = '{device}'
const KINDS = { 'san:dns': 'DNS', 'san:uri': 'URI' } as const

/**
 * Reads the device id out of a certificate: `cn`, `san:dns` or `san:uri`, alone or with a template (`san:uri:urn:device:{device}`)
 * that the whole value has to follow. Exactly one name has to: of two, either could be meant. Undefined where none or several do,
 * and where it is no device id.
 */
export function deviceIn (setting: string): (certificate: Certificate) => string | undefined {
  const [, source, template = PLACE] = /^(cn|san:dns|san:uri)(?::(.*))?$/.exec(setting) as unknown as [string, 'cn' | 'san:dns' | 'san:uri', string?]
  const [before, after] = template.split(PLACE) as [string, string]
  return (certificate) => {
    const fitting = namesOf(certificate, source).filter((name) => name.startsWith(before) && name.endsWith(after))
    const device = fitting.length === 1 ? (fitting[0] as string).slice(before.length, (fitting[0] as string).length - after.length) : ''
    return isDeviceId(device) ? device : undefined
  }
}

function namesOf ({ commonName, subjectAltName }: Certificate, source: 'cn' | 'san:dns' | 'san:uri'): string[] {
  if (source === 'cn') return commonName === undefined ? [] : [commonName]
  return (altNames(subjectAltName ?? '') ?? []).flatMap(({ kind, value }) => kind === KINDS[source] ? value : [])
}
