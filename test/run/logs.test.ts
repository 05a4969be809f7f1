import t from 'tap'
import { checkLogs } from './logs.ts'

async function check (files: Record<string, string>) {
  const printed: string[] = []
  return { tally: await checkLogs(t.testdir(files), (line) => { printed.push(line) }), printed: printed.join('\n') }
}

await t.test('a log without a secret is one check that passes', async (t) => {
  const { tally, printed } = await check({ '1.log': 'one\ntwo\none\n', '2.log': '', '1.secrets': '"a first secret"\n' })
  t.strictSame(tally, { passed: 1, failed: 0, skipped: 0 })
  t.match(printed, '2 lines were logged, 1 secrets and the marks of others looked for in them, 0 found')
})

await t.test('a secret of one process in the log of another is a failure, and named', async (t) => {
  const { tally, printed } = await check({ '1.log': 'one\n', '2.log': 'it logs in by a first secret\nBearer abcdefgh\n', '1.secrets': '"a first secret"\n' })
  t.strictSame(tally, { passed: 0, failed: 2, skipped: 0 })
  t.match(printed, 'FAILED a credential or a payload of a test: it logs in by a first secret')
})

await t.test('so is that nothing was logged, for then nothing was looked at', async (t) => {
  t.strictSame((await check({ '1.secrets': '' })).tally, { passed: 0, failed: 1, skipped: 0 })
})
