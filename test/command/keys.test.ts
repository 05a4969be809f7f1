import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { keys } from '../../src/commands/keys.ts'
import { ConfigError, defaults } from '../../src/config/index.ts'
import { fileWith } from '../access/issuer.ts'
import { loadFrom } from '../config/given.ts'
import { Command } from './command.ts'

const file = join(dirname(fileWith(t, '')), 'keys.json')

/** The command as main.ts runs it, here in this process: a process of its own for each would take a second or two. */
async function run (...args: string[]): Promise<{ code: number, stdout: string, stderr: string }> {
  const texts = { stdout: '', stderr: '' }
  const to = (name: keyof typeof texts) => ({ write: (text: string) => { texts[name] += text } })
  const code = await keys(args, (argv) => loadFrom({ argv, env: { SLUICE_AUTH_KEYS_FILE: file } }).settings, { stdout: to('stdout'), stderr: to('stderr') })
  return { code, ...texts }
}

await t.test('in a process of its own, the key alone stands on standard output', async (t) => {
  const command = new Command(t, ['keys', 'create', '--device=sensor-9'], { SLUICE_AUTH_KEYS_FILE: `${file}.own` })
  t.match(await command.exited, { code: 0 })
  t.match(command.stdout, /^sk_\w{12}_[\w-]{43}\n$/)
  t.match(command.stderr, /^Made the API key/)
})

await t.test('a key is made, shown once, listed without its secret, and revoked', async (t) => {
  const made = await run('create', '--device=sensor-1', '--expires', '90d')
  t.match(made, { code: 0, stdout: /^sk_[0-9a-f]{12}_[\w-]{43}\n$/, stderr: /^Made the API key [0-9a-f]{12} for sensor-1\. It is shown this once: ".*keys\.json" keeps its SHA-256 alone\.\n$/ })
  const [, id, secret] = /^sk_(.{12})_(.{43})/.exec(made.stdout)!
  t.notMatch(readFileSync(file, 'utf8'), secret!)
  const [one, other] = await Promise.all([
    run('create', '--roles=service,reader', '--groups', 'hall', '--watch=*', '--events=a,b', '--quota', 'gold', '--expires=2999-01-31', '--logLevel=warn'),
    run('create', '--roles', 'operator')
  ])
  t.match([one, other], [{ code: 0, stderr: /for service, reader\./ }, { code: 0 }])

  const { stdout, stderr } = await run('list')
  const [head, ...lines] = stdout.trimEnd().split('\n')
  t.match(head, /^id +device +roles +created +expires$/)
  t.equal(lines.length, 3, 'of two at once none is lost')
  t.match(lines[0], new RegExp(`^${id} +sensor-1 +device +20.*Z +20.*Z$`))
  t.match(stdout, /service,reader .* 2999-01-31T00:00:00\.000Z$/m)
  t.match(stdout, / - +operator .* never$/m)
  t.equal(stderr, '')
  const kept = JSON.parse(readFileSync(file, 'utf8')).keys as object[]
  t.match(kept.find((key) => 'quota' in key), { roles: ['service', 'reader'], groups: ['hall'], watch: ['*'], events: ['a', 'b'], quota: 'gold' })

  t.match(await run('revoke', id!), { code: 0, stdout: '', stderr: new RegExp(`^Revoked ${id}: `) })
  t.notMatch((await run('list')).stdout, id!)
  t.match(await run('revoke', id!), { code: 1, stdout: '', stderr: new RegExp(`^There is no API key "${id}" in `) })
})

await t.test('mistakes, all at once', async (t) => {
  const cases: Array<[string[], RegExp[]]> = [
    [['create'], [/^--device or --roles is needed: who has the key$/]],
    [['create', '--device=a b', '--groups=*', '--expires=0d'], [/^--device must be a device id/, /^--groups must be/, /^--expires must be a time to come, such as 90d, 12h or 2027-01-31$/]],
    [['create', '--device=a', '--expires=soon'], [/^--expires must be/]],
    [['create', '--device=a', '--expires=2020-01-31'], [/^--expires must be/]],
    [['create', '--roles=device'], [/^--device must be set where the role is device$/]],
    [['create', '--device=a', '--device=b', '--quota'], [/^--device is given twice$/, /^--quota needs a value$/]],
    [['create', 'sensor-1', '--device=a'], [/^"sensor-1" is not a flag/]],
    [['create', '--device=a', '--role=b'], [/^--role is not a flag of Sluice/]],
    [['list', '--auth.keys.file=/none'], [/^auth\.keys\.file names "\/none", which cannot be read: ENOENT/]]
  ]
  for (const [args, mistakes] of cases) {
    const error = await run(...args).catch((error: unknown) => error as ConfigError)
    t.match((error as ConfigError).mistakes, mistakes, args.join(' '))
    t.equal((error as ConfigError).mistakes.length, mistakes.length)
  }
  for (const args of [[], ['make']]) t.match(await run(...args), { code: 2, stdout: '', stderr: /^sluice keys create / })
  t.match(await run('revoke'), { code: 1, stderr: /^There is no API key ""/ })
  const silent = { write: () => t.fail('it says something') }
  await t.rejects(keys(['list'], () => defaults(), { stdout: silent, stderr: silent }), new ConfigError(['auth.keys.file is not set; it names the file with the API keys']))
})
