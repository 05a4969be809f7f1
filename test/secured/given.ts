import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { acl } from '../../src/commands/acl.ts'
import { defaults, type DeepPartial, type Settings } from '../../src/config/index.ts'
import { createApp, type App } from '../../src/app.ts'
import { allow, entryOf, type Kind, type SecuredKafka } from '../kafka/secured.ts'
import { kept, keepLogged } from '../logs/keep.ts'

type Overrides = DeepPartial<Settings['kafka']>

/** Settings of a gateway with topics of its own, which comes so. */
export function settingsOf (kafka: SecuredKafka, kind: Kind, overrides: Overrides = {}, topics: Settings['topics'] = ownTopics()): Settings {
  const own = kafka.settings(kind)
  return defaults({
    port: 0,
    simulate: 0,
    topics,
    kafka: { ...own, createTopics: true, partitions: 2, connectTimeoutMs: 20_000, ...overrides, tls: { ...own.tls, ...overrides.tls }, sasl: { ...own.sasl, ...overrides.sasl } }
  })
}

export function ownTopics (): Settings['topics'] {
  const suffix = randomBytes(4).toString('hex')
  return { uplink: `up.${suffix}`, downlink: `down.${suffix}`, positions: `positions.${suffix}`, revocations: `revocations.${suffix}` }
}

/** Grants what `sluice acl` prints for them. */
export async function allowed (kafka: SecuredKafka, kind: Kind, settings: Settings): Promise<void> {
  const commands = acl(settings, kafka.principal(kind)).split('\n').filter((line) => !line.startsWith('#'))
  await allow(kafka.admin, kafka.principal(kind), commands.map(entryOf))
}

export interface Lines { warnings: string[], logger: unknown }

/** Keeps what an operator would read, and wakes who waits for it. */
export class Said {
  readonly lines: string[] = []
  #waiting: Array<() => void> = []

  readonly logger = Object.assign({ level: 'warn', info () {}, debug () {}, trace () {}, fatal () {}, silent () {}, error () {} }, {
    warn: (first: unknown, sentence?: string) => {
      this.lines.push(sentence ?? String(first))
      keepLogged(JSON.stringify([first, sentence]))
      for (const wake of this.#waiting.splice(0)) wake()
    },
    child: () => this.logger
  }) as never

  async until (pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.lines.find((line) => pattern.test(line))
      if (found !== undefined) return found
      await new Promise<void>((resolve) => { this.#waiting.push(resolve) })
    }
  }
}

/** What the start of such a gateway says: '' where it starts. */
export async function startOf (t: Test, settings: Settings): Promise<string> {
  let app: App | undefined
  try {
    app = await createApp({ settings, ...kept })
    await app.start()
    return ''
  } catch (error) {
    return (error as Error).message
  } finally {
    await app?.close()
  }
}
