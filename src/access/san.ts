const STRING = '"(?:[^"\\\\\\u0000-\\u001f]|\\\\(?:["\\\\/bfnrt]|u[0-9a-fA-F]{4}))*"'
const ENTRY = new RegExp(`([A-Za-z][A-Za-z ]*):((?:[^",]|${STRING})*)(?:, (?!$)|$)`, 'y')
const WHOLE = new RegExp(`^${STRING}$`)

export interface AltName { readonly kind: string, readonly value: string }

/**
 * The subject's alternative names as Node writes them: `DNS:a.example, URI:urn:device:a`. A value with a comma, a quote, a control
 * or another odd character stands there as a JSON string, so that none can pretend to be two (CVE-2021-44532). Undefined for a text
 * that is not written so, and where a name is quoted in part: then nothing in it is to be believed.
 */
export function altNames (text: string): AltName[] | undefined {
  const names: AltName[] = []
  for (let at = 0; at < text.length; at = ENTRY.lastIndex) {
    ENTRY.lastIndex = at
    const [, kind, written] = ENTRY.exec(text) ?? []
    if (kind === undefined || written === undefined) return undefined
    if (kind === 'DNS' || kind === 'URI') {
      const quoted = WHOLE.test(written)
      if (!quoted && written.includes('"')) return undefined
      names.push({ kind, value: quoted ? JSON.parse(written) as string : written })
    }
  }
  return names
}
