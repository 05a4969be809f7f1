import t from 'tap'
import { openDevice, ProtocolDevice } from '../flow/device.ts'
import { ask } from '../flow/secure.ts'
import { Authority } from '../net/certificates.ts'
import { Command } from './command.ts'
import { refusal } from './refusal.ts'

const freePorts = { PORT: '0', SLUICE_EMBEDDED_PORT: '0' }
const authority = new Authority(t)
const { ca } = authority
const { certFile, keyFile } = authority.server()
const tls = { SLUICE_TLS_CERT_FILE: certFile, SLUICE_TLS_KEY_FILE: keyFile }

await t.test('with a certificate it says https and wss, and its simulated devices come that way', async (t) => {
  const command = new Command(t, ['--simulate=2'], { ...freePorts, ...tls })
  const [, host] = await command.says(/serves https:\/\/([\w.]+:\d+)\//) as unknown as [string, string]
  await command.says(/wscat[^\n]*\n/)
  t.match(command.output, `Page     https://${host}/`)
  t.match(command.output, `npx wscat -c wss://${host}/ws/sensor-1`)
  t.match(command.output, /Listening on https:\/\/[^"]*; opening Kafka/)
  t.notMatch(command.output, /http:|ws:/)
  while ((await ask(host, '/v1/devices', { ca })).body.total !== 2);
  t.match(await command.ends('SIGTERM'), { code: 0 })
})

await t.test('where it wants a certificate of everybody it simulates nobody', async (t) => {
  const command = new Command(t, [], { ...freePorts, ...tls, SLUICE_TLS_CLIENT_CERTIFICATES: 'required', SLUICE_TLS_CLIENT_CA_FILE: authority.caFile, SLUICE_AUTH_CERTIFICATE_DEVICE: 'cn' })
  const [, host] = await command.says(/serves https:\/\/([\w.]+:\d+)\//) as unknown as [string, string]
  const { cert, key } = authority.issue('/CN=sensor-1')
  const device = await openDevice(new ProtocolDevice(`wss://${host}/ws`, ['sluice.v1'], {}, { ca, cert, key }))
  t.match(await device.nextOf('welcome'), { device: 'sensor-1' })
  t.notMatch(command.output, /simulated ones|Nobody can connect/)
  t.match(await command.ends('SIGTERM'), { code: 0 })
})

await t.test('what is wrong with it is one sentence', async (t) => {
  const cases: Array<[Record<string, string>, RegExp]> = [
    [{ ...tls, SLUICE_TLS_KEY_FILE: '/no/such' }, /tls\.keyFile names "\/no\/such", which cannot be read: ENOENT/],
    [{ SLUICE_AUTH_CERTIFICATE_DEVICE: 'cn' }, /auth\.certificate\.device is set, but nobody is asked for a certificate/]
  ]
  for (const [env, sentence] of cases) {
    const { code, sentences } = await refusal(t, [], env)
    t.equal(code, 1)
    t.equal(sentences.length, 1)
    t.match(sentences[0], sentence)
  }
})
