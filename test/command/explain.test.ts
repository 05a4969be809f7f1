import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { SignJWT } from 'jose'
import t from 'tap'
import { Access, type Method } from '../../src/access/access.ts'
import { Policy, type Rule } from '../../src/access/policy.ts'
import { decide, explain } from '../../src/commands/explain.ts'
import { load } from '../../src/config/index.ts'
import { Command } from './command.ts'

const SECRET = 'a secret that is known to this test alone'

interface Ran { code: number | null, stdout: string, stderr: string }

/** The command in this process, with streams of its own. */
async function run (words: string[], argv: string[] = [], input = ''): Promise<Ran> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  stdin.end(input)
  const code = await explain([...words, ...argv], (argv) => load({ argv, env: {}, readFile: () => '' }).settings, { stdin, stdout, stderr } as unknown as NodeJS.Process)
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') }
}

await t.test('the command itself: a token from standard input, settings as for a start, and its exit codes', async (t) => {
  const secretFile = join(t.testdir(), 'secret')
  writeFileSync(secretFile, SECRET)
  const token = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setSubject('sensor-1').setExpirationTime('1m').sign(Buffer.from(SECRET))
  const command = async (args: string[]): Promise<Ran> => {
    const command = new Command(t, ['explain', ...args], { SLUICE_AUTH_JWT_SECRET_FILE: secretFile })
    command.child.stdin.end(`${token}\n`)
    const { code } = await command.exited
    return { code, stdout: command.stdout, stderr: command.stderr }
  }
  const [allowed, refused, usage] = await Promise.all([command(['-', 'connect']), command(['-', 'kick', 'd', '--auth.jwt.audience', 'sluice']), command(['--port=0', token, 'kick', 'd'])])
  t.match(allowed, { code: 0, stdout: 'Allowed: connect sensor-1, by the rule "device connect {device}".' })
  t.match(refused, { code: 1, stdout: 'Refused at the door: bad-credentials. ' })
  t.match(usage, { code: 2, stdout: '', stderr: /sluice explain <token>/ })
  for (const { stdout, stderr } of [allowed, refused, usage]) t.notMatch(stdout + stderr, token.slice(0, 10), 'never the token')
})

await t.test('who a token says it is, and by which rule it may', async (t) => {
  const secretFile = join(t.testdir(), 'secret')
  writeFileSync(secretFile, SECRET)
  const token = await new SignJWT({ watch: ['door-*'], events: ['alarm'] })
    .setProtectedHeader({ alg: 'HS256' }).setSubject('sensor-1').setExpirationTime(4_070_908_800).sign(Buffer.from(SECRET))
  const flags = ['--auth.jwt.secretFile', secretFile]
  t.match(await run([token, 'publish', 'alarm'], flags), {
    code: 0,
    stdout: 'subject  sensor-1, known by token\ndevice   sensor-1\nroles    device\ngroups   none\nevents   alarm\nwatch    door-*\nquota    the usual\nexpires  2099-01-01T00:00:05.000Z\n\n' +
      'Allowed: publish alarm, by the rule "device publish *".\n',
    stderr: /^auth\.jwt\.audience is not set/
  })
  const refused = await run(['-', 'publish'], [...flags, '--auth.jwt.audience=sluice'], `${token}\n`)
  t.match(refused, { code: 1, stdout: 'Refused at the door: bad-credentials. Your token\'s claim aud is missing.\n', stderr: '' })
  t.equal((await run(['-', 'watch', 'door-1'], flags, `\n${token}`)).code, 0)
  t.match(await run([token, 'publich'], flags), { code: 2, stdout: '', stderr: 'The second argument is no verb; did you mean publish?; it can be connect, publish, watch, send, list, metrics, kick, revoke or quotas.\n' })
  for (const args of [['publish', token], [token], [token, 'publish', 'a', 'b'], [token, 'send'], ['--port=0', token, 'list'], []]) {
    const { code, stdout, stderr } = await run(args, flags)
    t.equal(code, 2)
    t.notMatch(stdout + stderr, token.slice(0, 10), 'never the token')
    t.match(stderr, /sluice explain|no verb/)
  }
  t.match(await run(['-', 'list'], flags, 'x'.repeat(100_000)), { code: 1, stdout: /^Refused at the door/ }, 'no more is read than a token can have')
})

await t.test('callers without a token, as auth.anonymous has them', async (t) => {
  t.match(await run(['', 'metrics']), { code: 0, stdout: /^subject {2}anonymous, known by nothing\ndevice {3}any that it may connect as\n[^]*Allowed: metrics \*, by the rule "anonymous metrics \*"\.$/m })
  t.match(await run(['', 'kick', 'd']), { code: 1, stdout: 'Refused: kick d. No rule allows it.\n  Another role would be allowed it: "operator kick *".\n' })
  t.equal((await run(['', 'list'], ['--auth.anonymous=never'])).stdout, 'Refused at the door: unauthenticated. This server does not take callers without credentials.\n')
  t.equal((await run(['', 'list'], ['--host=0.0.0.0'])).code, 1)
  t.equal((await run(['', 'list'], ['--host=0.0.0.0', '--auth.anonymous=always'])).code, 0)
  const policyFile = join(t.testdir(), 'policy.json')
  writeFileSync(policyFile, '[{"role":"anonymous","verb":"publish","resource":""}]')
  t.match(await run(['', 'publish'], ['--auth.policyFile', policyFile]), { code: 0, stdout: 'Allowed: publish without an event, by the rule "anonymous publish nothing".' })
  writeFileSync(policyFile, '[]')
  await t.rejects(run(['', 'publish'], ['--auth.policyFile', policyFile]), { message: / has 0 rules; it must be an array of 1 to 1000 rules$/ })
})

await t.test('any way to log in', async (t) => {
  const rules: Rule[] = [
    { role: 'device', verb: 'connect', resource: '{device}' },
    { role: 'guard', verb: 'watch', resource: '{group}.*' },
    { role: 'guard', verb: 'watch', resource: '{watch}' },
    { role: 'guard', verb: 'publish', resource: '*' }
  ]
  const asked: unknown[] = []
  const method: Method = async (handshake) => {
    asked.push(handshake.device)
    if (handshake.token === 'broken') throw new Error('this is a fault')
    return { by: 'key', subject: 'G\u001b[1m', roles: ['guard', 'device'], device: handshake.token, groups: ['east', 'west'], watch: [], events: ['a', 'b*'], quota: 'large' }
  }
  const access = new Access(new Policy(rules), { methods: [method] })
  const ask = async (verb: Parameters<typeof decide>[1]['verb'], resource?: string) => await decide(access, { token: 'd', verb, resource, mayBeNobody: false })
  const head = 'subject  G\\u{1b}[1m, known by key\ndevice   d\nroles    guard, device\ngroups   east, west\nevents   a, b*\nwatch    none\nquota    large\nexpires  never\n\n'
  t.same(await ask('watch', 'east.door'), { isAllowed: true, text: `${head}Allowed: watch east.door, by the rule "guard watch {group}.*".` })
  t.same(await ask('watch'), {
    isAllowed: false,
    text: `${head}Refused: watch *. No rule allows it.\n  For these roles there is "guard watch {group}.*", which stands here for east.*, west.*.\n` +
      '  For these roles there is "guard watch {watch}", which stands here for none.'
  })
  t.same(await ask('publish', 'c'), { isAllowed: false, text: `${head}Refused: publish c. The credentials name the events that may be published, and not this: a, b*.` })
  t.match(await ask('connect'), { isAllowed: true, text: /Allowed: connect d, / })
  t.match(await ask('connect', 'e'), { isAllowed: false })
  t.match(await ask('list'), { isAllowed: false, text: /Refused: list \*\. No rule allows it\.$/ })
  t.equal(await ask('kick'), undefined)
  t.same(asked, [undefined, undefined, undefined, undefined, 'e', undefined, undefined], 'the device asked for is that of a connect')
  await t.rejects(decide(access, { token: 'broken', verb: 'list', mayBeNobody: false }), { message: 'this is a fault' })
})
