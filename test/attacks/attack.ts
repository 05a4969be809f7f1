import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** What a hostile device does, by itself and as fast as it can, in a process of its own. Resolves when it is under way. */
export async function attackBy (host: string, attack: string, { token = '', from = '127.0.0.1' } = {}): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'attacker.ts'), [host, from, attack, token])
  await once(child, 'message')
  return child
}

export async function end (attacker: ChildProcess): Promise<void> {
  if (attacker.exitCode !== null || attacker.signalCode !== null) return
  attacker.kill('SIGKILL')
  await once(attacker, 'exit')
}
