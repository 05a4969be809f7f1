import t from 'tap'
import { Denials } from '../../src/log/kafka/denials.ts'

function given (principal = 'User:sluice') {
  const told: string[] = []
  return { told, denials: new Denials(() => principal, (sentence) => told.push(sentence)) }
}
const stall = { topic: 'down', partition: 2, reason: 'down/2 is not read: no answer' }

await t.test('what Kafka does not let is told once, with its cure, and its end too', async (t) => {
  const { told, denials } = given()
  denials.granted('READ', 'down')
  denials.denied('READ', 'down')
  denials.denied('READ', 'down')
  denials.denied('DESCRIBE', 'down')
  denials.granted('READ', 'other')
  t.strictSame(told.splice(0), [
    'Kafka does not let this gateway go on: principal User:sluice lacks READ on topic down. Run: kafka-acls --bootstrap-server … --add --allow-principal User:sluice --operation Read --topic down',
    'Kafka does not let this gateway go on: principal User:sluice lacks DESCRIBE on topic down. Run: kafka-acls --bootstrap-server … --add --allow-principal User:sluice --operation Describe --topic down'
  ])
  denials.granted('READ', 'down')
  denials.granted('READ', 'down')
  t.strictSame(told, ['Kafka lets this gateway go on: principal User:sluice has READ on topic down.'], 'who reads may describe')
})

await t.test('what is about the cluster, and names that a shell would take apart', async (t) => {
  const { told, denials } = given("User:CN=O'Neil,O=A B")
  denials.denied('IDEMPOTENT_WRITE', undefined)
  t.match(told, [/lacks IDEMPOTENT_WRITE on the cluster\. Run: .* --allow-principal 'User:CN=O'\\''Neil,O=A B' --operation IdempotentWrite --cluster$/])
})

await t.test('a stall says outside that it is not allowed, and no more', async (t) => {
  const { denials } = given()
  t.equal(denials.marked(stall), stall)
  denials.denied('WRITE', 'down')
  t.equal(denials.marked(stall), stall, 'that it may not be written is no reason why it is not read')
  denials.denied('READ', 'up')
  t.equal(denials.marked(stall), stall)
  denials.denied('READ', 'down')
  t.strictSame(denials.marked(stall), { topic: 'down', partition: 2, reason: 'down/2 is not read: Kafka does not allow it', isDenied: true })
})

await t.test('that there is no login is told once, and its end too', async (t) => {
  const { told, denials } = given()
  denials.letIn()
  for (const sentence of ['No login to Kafka: no.', 'No login to Kafka: no.', '', '']) denials.letIn(sentence)
  t.strictSame(told, ['No login to Kafka: no.', 'Kafka lets this gateway in again.'])
})

await t.test('a topic that cannot be written stalls whole', async (t) => {
  const { denials } = given()
  denials.denied('READ', 'down')
  t.strictSame(denials.stalls, [])
  denials.denied('WRITE', 'up')
  denials.denied('IDEMPOTENT_WRITE', undefined)
  t.strictSame(denials.stalls, [
    { topic: 'up', partition: -1, reason: 'up is not written: Kafka does not allow it', isDenied: true }, { topic: '', partition: -1, reason: 'nothing is written: Kafka does not allow it', isDenied: true }
  ])
})
