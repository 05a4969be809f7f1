import { spawnSync } from 'node:child_process'
import t from 'tap'
import { root } from '../run/files.ts'
import { loud } from '../run/process.ts'

/** What `npm audit --json` found, a line each; undefined: nobody answered. */
function advisories (report: string): string[] | undefined {
  const { metadata, vulnerabilities = {} } = JSON.parse(report) as { metadata?: object, vulnerabilities?: Record<string, { severity: string, range: string }> }
  return metadata === undefined ? undefined : Object.entries(vulnerabilities).map(([name, { severity, range }]) => `${name} ${range}: ${severity}`)
}

await t.test('what npm audit says is understood', async (t) => {
  t.strictSame(advisories('{"vulnerabilities":{"ws":{"severity":"high","range":"<9"}},"metadata":{"vulnerabilities":{"total":1}}}'), ['ws <9: high'])
  t.strictSame(advisories('{"vulnerabilities":{},"metadata":{"vulnerabilities":{"total":0}}}'), [])
  t.equal(advisories('{"message":"405 Method Not Allowed","error":{"code":"E405"}}'), undefined)
})

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json', '--fetch-retries=0', '--fetch-timeout=20000'], { cwd: root, encoding: 'utf8' })
const found = advisories(stdout)
if (found === undefined) loud('the registry does not answer `npm audit`, so nobody looked for advisories about what is shipped')
await t.test('no production dependency has a known vulnerability', { skip: found === undefined && 'the registry does not answer npm audit' }, async (t) => {
  t.strictSame(found, [])
})
