import type { Access } from '../access/access.ts'
import { createAccess } from '../access/create.ts'
import type { Identity } from '../access/identity.ts'
import { VERBS, type Explanation, type Rule, type Verb } from '../access/policy.ts'
import { systemClock } from '../clock.ts'
import { either, isLoopback, meant, plain, type Settings } from '../config/index.ts'
import { Problem } from '../protocol/problem.ts'

const ALLOWED = 0
const REFUSED = 1
const USAGE = 2
const MAX_TOKEN_BYTES = 65_536

type Process = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr'>

/** Says what a token allows, and by which rule. Never prints the token. Resolves with the exit code. */
export async function explain (argv: readonly string[], settingsFrom: (argv: string[]) => Settings, { stdin, stdout, stderr }: Process): Promise<number> {
  const wrong = (sentence: string): number => {
    stderr.write(`${sentence}\n`)
    return USAGE
  }
  const flagAt = argv.findIndex((arg) => arg.startsWith('--'))
  const words = argv.slice(0, flagAt === -1 ? argv.length : flagAt)
  const [given = '', verb, resource, ...more] = words
  // Told before flags are read: a token behind one would be printed as a mistake in it.
  if (verb === undefined || more.length > 0) return wrong('Say sluice explain <token> <verb> [resource] [--setting value]…; - reads the token from standard input, and \'\' is none.')
  // It is not repeated: if the two were mixed up, it is the token.
  if (!isVerb(verb)) return wrong(`The second argument is no verb${meant(verb, VERBS)}; it can be ${either(VERBS)}.`)
  const settings = settingsFrom(argv.slice(words.length))
  const closing = new AbortController()
  const log = { info: () => {}, warn: (sentence: string) => { stderr.write(`${sentence}\n`) } }
  try {
    const access = await createAccess(settings, { clock: systemClock, log, closing: closing.signal })
    const token = given === '-' ? await readAll(stdin) : given
    const answer = await decide(access, { token: token === '' ? undefined : token, verb, resource, mayBeNobody: mayBeNobody(settings, access) })
    if (answer === undefined) return wrong(`Say which device to ${verb}: sluice explain <token> ${verb} <device>.`)
    stdout.write(`${answer.text}\n`)
    return answer.isAllowed ? ALLOWED : REFUSED
  } finally {
    closing.abort()
  }
}

function isVerb (word: string): word is Verb { return VERBS.some((verb) => verb === word) }

async function readAll (stdin: Process['stdin']): Promise<string> {
  let text = ''
  for await (const chunk of stdin.setEncoding('utf8')) if ((text += chunk).length > MAX_TOKEN_BYTES) break
  return text.trim()
}

function mayBeNobody ({ auth: { anonymous }, host }: Settings, { hasLogin }: Access): boolean {
  return anonymous === 'loopback' ? !hasLogin && isLoopback(host) : anonymous === 'always'
}

export interface Question {
  readonly token: string | undefined
  readonly verb: Verb
  readonly resource?: string | undefined
  readonly mayBeNobody: boolean
}

/** Undefined where the verb is about a device, and none is named. */
export async function decide (access: Access, { token, verb, resource, mayBeNobody }: Question): Promise<{ isAllowed: boolean, text: string } | undefined> {
  let who: Identity
  try {
    who = await access.identify({ address: '127.0.0.1', origin: undefined, device: verb === 'connect' ? resource : undefined, token, opensSocket: verb === 'connect' }, mayBeNobody)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { isAllowed: false, text: `Refused at the door: ${error.code}. ${plain(error.message, Infinity)}` }
  }
  const asked = resource ?? usual(verb, who)
  if (asked === undefined) return undefined
  const explanation = access.policy.explain(who, verb, asked)
  return { isAllowed: explanation.rule !== undefined, text: [...describe(who), ...reasons(explanation, who, verb, asked)].join('\n') }
}

/** The resource where none is named. */
function usual (verb: Verb, { device }: Identity): string | undefined {
  switch (verb) {
    case 'connect': return device
    case 'publish': return ''
    case 'send': case 'kick': return undefined
    case 'watch': case 'list': case 'metrics': case 'revoke': case 'quotas': return '*'
  }
}

const named = (text: string): string => text === '' ? 'nothing' : plain(text, Infinity)
const listed = (texts: readonly string[]): string => texts.length === 0 ? 'none' : texts.map((text) => named(text)).join(', ')
const written = ({ role, verb, resource }: Rule): string => `${plain(role)} ${verb} ${named(resource)}`

function describe ({ subject, by, device, roles, groups, events, watch, quota, expiresMs }: Identity): string[] {
  return [
    `subject  ${named(subject)}, known by ${by}`,
    `device   ${device === undefined ? 'any that it may connect as' : named(device)}`,
    `roles    ${listed(roles)}`,
    `groups   ${listed(groups)}`,
    `events   ${events === undefined ? 'all that its roles allow' : listed(events)}`,
    `watch    ${listed(watch)}`,
    `quota    ${quota === undefined ? 'the usual' : named(quota)}`,
    `expires  ${expiresMs === undefined ? 'never' : new Date(expiresMs).toISOString()}`,
    ''
  ]
}

function reasons ({ rule, isNoEvent, own, others }: Explanation, { events = [] }: Identity, verb: Verb, resource: string): string[] {
  const what = `${verb} ${resource === '' ? 'without an event' : plain(resource, Infinity)}`
  if (rule !== undefined) return [`Allowed: ${what}, by the rule "${written(rule)}".`]
  if (isNoEvent) return [`Refused: ${what}. The credentials name the events that may be published, and not this: ${listed(events)}.`]
  return [
    `Refused: ${what}. No rule allows it.`,
    ...own.map(({ rule, patterns }) => `  For these roles there is "${written(rule)}", which stands here for ${listed(patterns)}.`),
    ...others.map((rule) => `  Another role would be allowed it: "${written(rule)}".`)
  ]
}
