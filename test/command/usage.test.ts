import t from 'tap'
import { Command } from './command.ts'
import { refusal } from './refusal.ts'

await t.test('every mistake is told at once', async (t) => {
  const { code, sentences } = await refusal(t, ['--prot=1', '--drainMs=soon'], { SLUICE_SIMULATE: '-1' })
  t.equal(code, 2)
  t.equal(sentences.length, 3)
})

await t.test('help, the settings in force, and a command that is none', async (t) => {
  const help = new Command(t, ['--help'])
  t.match(await help.exited, { code: 0 })
  t.match(help.stdout, /sluice \[start\]/)

  const config = new Command(t, ['config', '--port=9000'], { SLUICE_DRAIN_MS: '1' })
  t.match(await config.exited, { code: 0 })
  t.match(config.stdout, /^port .*9000.*--port/m)
  t.match(config.stdout, /^drainMs .*1.*SLUICE_DRAIN_MS/m)

  const none = new Command(t, ['sart'])
  t.match(await none.exited, { code: 2 })
  t.match(none.stderr, /^There is no command 'sart'\.\n\nsluice \[start\]/)
})
