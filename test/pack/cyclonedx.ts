/** As much of CycloneDX 1.5 as our bill of materials uses, which must be all that it has. */

const text = { type: 'string', minLength: 1 } as const
const list = <T>(items: T) => ({ type: 'array', items } as const)
const all = (properties: Record<string, object>, optional: Record<string, object> = {}) =>
  ({ type: 'object', additionalProperties: false, required: Object.keys(properties), properties: { ...properties, ...optional } })

const component = all({
  type: { enum: ['application', 'library'] },
  name: text,
  version: text,
  'bom-ref': text,
  purl: { type: 'string', pattern: '^pkg:npm/[^@]+@[^@]+$' },
  licenses: { ...list(all({ license: all({ id: text }) })), minItems: 1 }
}, {
  scope: { enum: ['required', 'optional', 'excluded'] },
  description: text,
  author: text,
  properties: list(all({ name: text, value: text })),
  externalReferences: list(all({ type: { enum: ['vcs', 'website', 'issue-tracker', 'distribution'] }, url: text })),
  hashes: list(all({ alg: { enum: ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'] }, content: { type: 'string', pattern: '^(?:[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$' } }))
})

export const bomSchema = all({
  $schema: { const: 'http://cyclonedx.org/schema/bom-1.5.schema.json' },
  bomFormat: { const: 'CycloneDX' },
  specVersion: { const: '1.5' },
  serialNumber: { type: 'string', pattern: '^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$' },
  version: { type: 'integer' },
  metadata: all({
    timestamp: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d' },
    lifecycles: list(all({ phase: { enum: ['design', 'pre-build', 'build', 'post-build', 'operations', 'discovery', 'decommission'] } })),
    tools: list(all({ vendor: text, name: text, version: text })),
    component
  }),
  components: { ...list(component), uniqueItems: true },
  dependencies: { ...list(all({ ref: text, dependsOn: { ...list(text), uniqueItems: true } })), uniqueItems: true }
})
