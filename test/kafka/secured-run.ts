/**
 * A run of the flow tests over a secured listener. TEST_KAFKA_SECURED tells, as JSON, by which settings the gateways come to the
 * Kafka at TEST_KAFKA_BROKERS, and whom it takes them for; the tests' other side goes on by its plain listener.
 */

import { acl } from '../../src/commands/acl.ts'
import { defaults, type DeepPartial, type Settings } from '../../src/config/index.ts'
import { allow, entryOf, type Kind, type SecuredKafka } from './secured.ts'

interface Run { readonly admin: string, readonly principal: string, readonly kafka: DeepPartial<Settings['kafka']> & { brokers: readonly string[] } }

/** What the environment of such a run has. */
export function environmentOf (kafka: SecuredKafka, kind: Kind): NodeJS.ProcessEnv {
  const run: Run = { admin: kafka.admin, principal: kafka.principal(kind), kafka: kafka.settings(kind) }
  return { TEST_KAFKA: 'real', TEST_KAFKA_BROKERS: kafka.admin, TEST_KAFKA_SECURED: JSON.stringify(run) }
}

/** The settings by which a gateway on these topics comes to `brokers`, once it has the rights that `sluice acl` prints. */
export async function wayTo (brokers: string, topics: Settings['topics'], audit: DeepPartial<Settings['audit']> = {}): Promise<DeepPartial<Settings['kafka']>> {
  const run = process.env.TEST_KAFKA_SECURED === undefined ? undefined : JSON.parse(process.env.TEST_KAFKA_SECURED) as Run
  if (run?.admin !== brokers) return { brokers: brokers.split(',') }
  const commands = acl(defaults({ topics, audit, kafka: { ...run.kafka, createTopics: true } }), run.principal).split('\n').filter((line) => !line.startsWith('#'))
  await allow(brokers, run.principal, commands.map(entryOf))
  return run.kafka
}
