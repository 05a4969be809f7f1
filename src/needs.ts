import type { Settings } from './config/index.ts'
import type { Need, Operation } from './log/kafka/denials.ts'

type Role = keyof Settings['topics'] | 'audit'

interface Row { readonly role: Role, readonly operation: Operation, readonly why: string, readonly essential: boolean }

const ROLES: readonly Role[] = ['uplink', 'downlink', 'positions', 'revocations', 'audit']

/**
 * All that the gateway does with Kafka's topics, and nothing else: `sluice acl` prints it, the start checks it. DESCRIBE comes with
 * READ and with WRITE; so does, since Kafka 3.0, IDEMPOTENT_WRITE with the right to write to any topic.
 */
const TABLE: readonly Row[] = [
  { role: 'uplink', operation: 'WRITE', why: 'what devices send is stored', essential: true },
  { role: 'uplink', operation: 'READ', why: 'devices are watched by sockets that may', essential: false },
  { role: 'downlink', operation: 'READ', why: 'devices get what is sent to them', essential: true },
  { role: 'downlink', operation: 'WRITE', why: 'the HTTP API sends to devices', essential: false },
  { role: 'positions', operation: 'READ', why: 'a start learns how far devices have received', essential: true },
  { role: 'positions', operation: 'WRITE', why: 'how far devices have received is kept', essential: true },
  { role: 'revocations', operation: 'READ', why: 'every instance hears who has lost access', essential: true },
  { role: 'revocations', operation: 'WRITE', why: 'the HTTP API takes access away', essential: false },
  { role: 'audit', operation: 'WRITE', why: 'the audit log is kept', essential: true },
  ...ROLES.map((role) => ({ role, operation: 'DESCRIBE_CONFIGS', why: 'the start sees a wrong cleanup.policy, and max.message.bytes', essential: false }) as const),
  ...ROLES.map((role) => ({ role, operation: 'CREATE', why: 'kafka.createTopics creates it where it is missing', essential: false }) as const)
]

export function needsOf ({ kafka, topics, audit }: Settings): Need[] {
  return TABLE.flatMap(({ role, operation, why, essential }) => {
    const topic = role === 'audit' ? audit.topic : topics[role]
    return topic === undefined || (operation === 'CREATE' && !kafka.createTopics) ? [] : [{ topic, operation, why, essential }]
  })
}
