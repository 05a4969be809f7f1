import { Ajv } from 'ajv'
import t from 'tap'
import { allowed, wrong } from '../../src/config/check.ts'
import { defaults } from '../../src/config/index.ts'
import { settings, variableOf } from '../../src/config/names.ts'
import { KEYWORDS, schema } from '../../src/config/schema.ts'

await t.test('every setting has a sentence, says what is allowed, and has a default that is allowed', async t => {
  for (const { name, leaf } of settings) {
    t.match(leaf.description, /^[A-Z][^\n|]*[^.]\.$/, `${name} has one sentence`)
    t.match(allowed(leaf, false), /\S/, `${name} says what is allowed`)
    for (const preset of [leaf.default, leaf.embeddedDefault]) {
      if (preset !== undefined) t.equal(wrong(leaf, preset), undefined, `${name} may be ${String(preset)}`)
    }
  }
})

await t.test('no setting and no variable is named twice', async t => {
  const variables = settings.flatMap((setting) => setting.variables)
  t.equal(new Set(variables).size, variables.length)
})

await t.test('the defaults are what the whole schema allows', async t => {
  const ajv = new Ajv({ formats: { address: true, broker: true, origin: true, secureUrl: true, fingerprint: true, tokenUrl: true } })
  ajv.addVocabulary([...KEYWORDS])
  const validate = ajv.compile(schema)
  t.ok(validate(structuredClone(defaults())), JSON.stringify(validate.errors))
  t.notOk(validate({ ...defaults(), more: 1 }), 'groups are closed')
})

await t.test('variables are named after settings', async t => {
  t.equal(variableOf('port'), 'SLUICE_PORT')
  t.equal(variableOf('kafka.createTopics'), 'SLUICE_KAFKA_CREATE_TOPICS')
  t.equal(variableOf('ws.maxFrameBytes'), 'SLUICE_WS_MAX_FRAME_BYTES')
})
