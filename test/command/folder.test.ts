import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Command } from './command.ts'
import { freePorts, refusal } from './refusal.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-folder-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

/** For root every folder can be written, unless it gives that up. */
const withoutOverride = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override'] : []

function mayWriteAll (): boolean {
  const [program, ...args] = withoutOverride
  return program !== undefined && spawnSync(program, [...args, 'true']).status !== 0
}

await t.test('a folder that this user may not write', { skip: mayWriteAll() && 'setpriv(1) is not here, and this user may write everywhere' }, async (t) => {
  const locked = join(folder, 'locked')
  mkdirSync(locked, { mode: 0o500 })
  const { code, sentences } = await refusal(t, [], { SLUICE_EMBEDDED_DIR: locked }, withoutOverride)
  t.equal(code, 1)
  t.match(sentences, [/^The system does not permit that to this user: EACCES: .*locked/])
})

await t.test('two cannot have one data folder', async (t) => {
  const env = { SLUICE_EMBEDDED_DIR: join(folder, 'data') }
  const first = new Command(t, [], { ...freePorts, ...env })
  await first.serves()
  const { code, sentences, output } = await refusal(t, [], env)
  t.equal(code, 1)
  t.match(sentences.join(), /data/)
  t.notMatch(output, /^\s+at /m)
  t.match(await first.ends('SIGTERM'), { code: 0 })
})
