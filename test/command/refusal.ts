import { Command } from './command.ts'

export const freePorts = { PORT: '0', SLUICE_EMBEDDED_PORT: '0', SLUICE_SIMULATE: '0' }

export interface Refusal { code: number | null, sentences: string[], output: string }

/** What a start that fails says to somebody who reads it. */
export async function refusal (t: { teardown: (fn: () => void) => void }, args: string[], env: Record<string, string> = {}, through: string[] = []): Promise<Refusal> {
  const command = new Command(t, args, { ...freePorts, ...env }, { through })
  const { code } = await command.exited
  const logged = command.stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as { level: number, msg: string })
  const sentences = [...logged.filter(({ level }) => level >= 50).map(({ msg }) => msg), ...command.stderr.split('\n').filter((line) => line !== '')]
  return { code, sentences, output: command.output }
}
