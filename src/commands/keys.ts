import { makeApiKey } from '../access/api-key.ts'
import { changeKeys, readKeys } from '../access/keys-file.ts'
import { mistakesIn, type StoredKey } from '../access/stored-key.ts'
import { systemClock } from '../clock.ts'
import { ConfigError, quote, type Settings } from '../config/index.ts'
import { takeFlags } from './take-flags.ts'

const USAGE = `sluice keys create (--device ID | --roles NAME,…) [--groups NAME,…] [--watch PATTERN,…] [--events PATTERN,…]
                   [--quota NAME] [--expires 90d | --expires 2027-01-31]
sluice keys list
sluice keys revoke ID

The key is printed once, on standard output. The setting auth.keys.file names the file: SLUICE_AUTH_KEYS_FILE, --config, …`
const WRONG = 2
const NOT_THERE = 1
const FLAGS = ['device', 'roles', 'groups', 'watch', 'events', 'quota', 'expires'] as const
const ISO = /^\d{4}-\d\d-\d\d(?:T.+)?$/
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

type Given = { readonly [F in typeof FLAGS[number]]?: string }
type Process = { readonly [S in 'stdout' | 'stderr']: { write: (text: string) => unknown } }

/** Makes, lists and revokes API keys. Resolves with the exit code; throws a `ConfigError` with every mistake. */
export async function keys (argv: readonly string[], settings: (argv: string[]) => Settings, { stdout, stderr }: Process): Promise<number> {
  const [verb, ...args] = argv
  const say = (sentence: string): void => { stderr.write(`${sentence}\n`) }
  switch (verb) {
    case 'create': {
      const { given, rest } = takeFlags(FLAGS, args)
      const file = fileIn(settings(rest))
      const { key, stored } = make(given, systemClock.now())
      await changeKeys(file, (before) => [...before, stored])
      say(`Made the API key ${stored.id} for ${stored.device ?? stored.roles.join(', ')}. It is shown this once: ${quote(file)} keeps its SHA-256 alone.`)
      stdout.write(`${key}\n`)
      return 0
    }
    case 'list': {
      for (const line of table(readKeys(fileIn(settings(args))))) stdout.write(`${line}\n`)
      return 0
    }
    case 'revoke': {
      const [id = '', ...rest] = args
      const file = fileIn(settings(rest))
      let found = false
      await changeKeys(file, (before) => before.filter((key) => {
        found ||= key.id === id
        return key.id !== id
      }))
      say(found ? `Revoked ${id}: within two seconds it lets nobody in. Sockets that it opened stay open; POST /v1/revocations closes them.` : `There is no API key ${quote(id)} in ${quote(file)}.`)
      return found ? 0 : NOT_THERE
    }
    default: {
      say(USAGE)
      return WRONG
    }
  }
}

function fileIn ({ auth: { keys: { file } } }: Settings): string {
  if (file === undefined) throw new ConfigError(['auth.keys.file is not set; it names the file with the API keys'])
  return file
}

/** The key, and what is kept of it. */
function make ({ device, roles, groups, watch, events, quota, expires }: Given, nowMs: number): { key: string, stored: StoredKey } {
  if (device === undefined && roles === undefined) throw new ConfigError(['--device or --roles is needed: who has the key'])
  const { id, key, hash } = makeApiKey()
  const stored: StoredKey = {
    id,
    hash: hash.toString('base64url'),
    device,
    roles: listOf(roles) ?? ['device'],
    groups: listOf(groups),
    watch: listOf(watch),
    events: listOf(events),
    quota,
    createdAt: nowMs,
    expiresAt: expires === undefined ? undefined : timeOf(expires, nowMs)
  }
  const mistakes = mistakesIn(stored, (member) => `--${member}`).map((mistake) => mistake.replace(/^--expiresAt.*/, '--expires must be a time to come, such as 90d, 12h or 2027-01-31'))
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return { key, stored }
}

function listOf (text: string | undefined): string[] | undefined { return text?.split(',').map((item) => item.trim()) }

/** From now on, or a time in ISO 8601, in milliseconds since 1970; NaN where it is neither, or past. */
function timeOf (text: string, nowMs: number): number {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  const timeMs = count === undefined ? (ISO.test(text) ? Date.parse(text) : NaN) : nowMs + Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]
  return timeMs > nowMs ? timeMs : NaN
}

/** A head and a line for each, in columns. */
function table (stored: readonly StoredKey[]): string[] {
  const date = (timeMs: number): string => new Date(timeMs).toISOString()
  const rows = [
    ['id', 'device', 'roles', 'created', 'expires'],
    ...stored.map(({ id, device = '-', roles, createdAt, expiresAt }) => [id, device, roles.join(','), date(createdAt), expiresAt === undefined ? 'never' : date(expiresAt)])
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd())
}
