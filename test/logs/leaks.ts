/** Credentials and payloads in what was logged. */

/** By how much of a secret it is looked for at first; what is shorter is no secret. */
export const WINDOW = 12

/** What a credential, or a frame that is logged whole, looks like, whoever made it. */
const MARKS: ReadonlyArray<readonly [what: string, pattern: RegExp]> = [
  ['a JWT', /eyJ[\w-]{10,}\.[\w-]+\.[\w-]*/],
  ['an API key', /sk_[0-9a-f]{12}_[\w-]{8,}/],
  ['a ticket', /tk_[\w-]{16,}/],
  ['a bearer', /\bbearer[ .][\w~+/=-]{6,}/i],
  ['a credential in an address', /[?&](?:token|ticket)=[\w.-]{4,}/],
  ['a caller\'s token', /7b22(?:[0-9a-f]{2}){8,}/], // of test/flow/callers.ts: JSON in hexadecimal digits
  ['a private key', /PRIVATE KEY/],
  ['a frame', /\\?"type\\?":\s?\\?"(?:publish|message|refresh|ack)\\?"/],
  ['bytes', /"type":"Buffer"|<Buffer /]
]

/** A line for each that was found: what it is, and where. */
export function leaks (logged: Iterable<string>, secrets: Iterable<string>): string[] {
  const found: string[] = []
  const byBeginning = new Map<string, string[]>()
  for (const secret of new Set(secrets)) {
    const beginning = secret.slice(0, WINDOW)
    byBeginning.set(beginning, [...byBeginning.get(beginning) ?? [], secret])
  }
  for (const line of logged) {
    const marked = MARKS.find(([, pattern]) => pattern.test(line))
    if (marked !== undefined) found.push(`${marked[0]}: ${line}`)
    else if (has(line, byBeginning)) found.push(`a credential or a payload of a test: ${line}`)
  }
  return found
}

/** Secrets may have been escaped on their way: JSON in JSON. */
function has (line: string, byBeginning: ReadonlyMap<string, readonly string[]>): boolean {
  for (const text of line.includes('\\"') ? [line, line.replaceAll('\\"', '"')] : [line]) {
    for (let i = 0; i + WINDOW <= text.length; i++) {
      if (byBeginning.get(text.slice(i, i + WINDOW))?.some((secret) => text.startsWith(secret, i)) === true) return true
    }
  }
  return false
}
