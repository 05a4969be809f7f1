import t from 'tap'
import { DevKafka } from '../../src/devkafka/broker.ts'
import { apiKey } from '../../src/devkafka/api-keys.ts'
import { AUTHORIZED, decodeAuthorized, encodeAuthorized } from '../../src/wire/authorized.ts'
import { RawClient } from '../devkafka/raw.ts'

await t.test('what a caller may do with each topic', async t => {
  const broker = new DevKafka({ port: 0 })
  t.teardown(() => broker.close())
  const client = await RawClient.connect(await broker.listen())
  t.teardown(() => client.close())
  broker.topics.create({ name: 'a' })
  const ask = async (version: number, body: Buffer): Promise<Buffer> => {
    client.send(apiKey('Metadata'), version, body)
    const answer = await client.answer()
    return answer.buffer.subarray(answer.at)
  }
  broker.faults.push('Metadata', { withhold: 1 << 4 })
  const [a, none] = decodeAuthorized(await ask(AUTHORIZED.version, encodeAuthorized(['a', 'none'])))
  t.match(a, { topic: 'a', errorCode: 0 })
  t.strictSame((['READ', 'WRITE', 'CREATE', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'IDEMPOTENT_WRITE'] as const).map((operation) => a?.may(operation)), [true, false, true, true, true, false])
  t.match(none, { topic: 'none', errorCode: 3 })
  const unasked = encodeAuthorized(['a'])
  unasked[unasked.length - 1] = 0
  t.equal(decodeAuthorized(await ask(8, unasked))[0]?.may('READ'), false, 'who does not ask is told nothing')
  const seventh = await ask(7, unasked.subarray(0, -2))
  t.equal(seventh.length, (await ask(8, unasked)).length - 8, 'the seventh version has neither')
})
