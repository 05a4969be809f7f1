import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** How long one command may take, however it hangs. */
const deadlineMs = 20 * 60_000

export interface CommandOptions {
  env?: NodeJS.ProcessEnv
  /** Given: receives what the command prints. Else that goes where our own output goes. */
  onOutput?: (text: string) => void
}

/** Runs a command without input; resolves to whether it ended with 0. It never outlives this process. */
export async function succeeds (command: string, args: string[], { env, onOutput }: CommandOptions = {}): Promise<boolean> {
  // A group of its own: tap's test files, and what they start, end with it.
  const child = spawn(command, args, { env: { ...process.env, ...env }, detached: true, stdio: ['ignore', onOutput ? 'pipe' : 'inherit', 'inherit'] })
  const kill = () => { if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL') }
  const deadline = setTimeout(() => {
    console.error(`${command} ${args[0]} did not end within ${deadlineMs / 60_000} minutes`)
    kill()
  }, deadlineMs)
  process.once('exit', kill)
  if (onOutput) child.stdout?.setEncoding('utf8').on('data', onOutput)
  try {
    const [code] = await once(child, 'close') as [number | null]
    return code === 0
  } catch (error) {
    console.error(`${command} could not be started: ${(error as Error).message}`)
    return false
  } finally {
    clearTimeout(deadline)
    process.off('exit', kill)
  }
}

/** A line that nobody overlooks, for what a machine cannot run. */
export function loud (text: string): void {
  console.log(`\n!!!!!!!! NOT RUN: ${text} !!!!!!!!\n`)
}
