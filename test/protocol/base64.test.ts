import t from 'tap'
import { fromBase64 } from '../../src/protocol/base64.ts'
import { decode } from '../../src/protocol/decode.ts'

await t.test('what is padded base64, and what is not', async t => {
  for (const text of ['', 'aGk=', 'aA==', 'aGkh', '+/+/']) t.equal(fromBase64(text)?.toString('base64'), text)
  for (const text of ['aGk', 'aGk==', 'a', '=', 'aG k', 'aGk=\n', '-_-_', 'é', 'aGl=']) t.equal(fromBase64(text), undefined, JSON.stringify(text))
})

await t.test('sixteen megabytes of it are decoded as well', async t => {
  const frame = Buffer.from(`{"type":"publish","id":1,"base64":"${'A'.repeat(16 * 1024 * 1024)}"}`)
  const publish = decode(frame)
  t.equal(publish.type === 'publish' && publish.to, 12 * 1024 * 1024)
})
