import { succeeds } from './process.ts'
import { nothing, type Tally } from './tally.ts'

const MINUTES = 2
const COUNTS = /; (\d+) passed, (\d+) failed$/m

/** The ledger's short form: one check for each kind of violation and each seed. */
export async function runLedger (): Promise<Tally> {
  let output = ''
  const endedWell = await succeeds(process.execPath, ['--import=@tapjs/typescript/import', 'test/ledger/run.ts', '--minutes', String(MINUTES)], {
    env: { TS_NODE_TRANSPILE_ONLY: '1' },
    onOutput: (text) => {
      output += text
      process.stdout.write(text)
    }
  })
  return ledgerCounts(output, endedWell)
}

/** An end without counts, or a bad one, is a failure. */
export function ledgerCounts (output: string, endedWell: boolean): Tally {
  const [, passed = 0, failed = 0] = (COUNTS.exec(output) ?? []).map(Number)
  return { ...nothing, passed, failed: failed === 0 && !(endedWell && passed > 0) ? 1 : failed }
}
