import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Where `.ci/run` puts it; TEST_PYTHON names another. */
export const python = process.env.TEST_PYTHON ?? join(import.meta.dirname, '..', '..', '.cache', 'python', 'bin', 'python')

/** Why Python's WebSocket client, or kcat, cannot be used; false where they can. */
export function withoutPython (): string | false {
  if (!existsSync(python)) return `there is no Python at ${python}; .ci/run installs it with websockets`
  try {
    execFileSync(python, ['-c', 'import websockets.asyncio.client'], { stdio: 'ignore' })
    execFileSync('kcat', ['-V'], { stdio: 'ignore' })
    return false
  } catch (error) {
    return `Python's websockets or kcat is missing: ${(error as Error).message}`
  }
}
