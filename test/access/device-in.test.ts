import t from 'tap'
import { deviceIn } from '../../src/access/device-in.ts'

const nobody = { fingerprint: '', expiresMs: 0, commonName: undefined, subjectAltName: undefined }

await t.test('the common name', async (t) => {
  const cases: Array<[string, string | undefined, string | undefined]> = [
    ['cn', 'sensor-1', 'sensor-1'],
    ['cn', undefined, undefined],
    ['cn', '', undefined],
    ['cn', 'a,b', undefined],
    ['cn', 'a b', undefined],
    ['cn', 'sensor-1\0.evil', undefined],
    ['cn', 'sensor-1\n', undefined],
    ['cn', 'x'.repeat(129), undefined],
    ['cn:{device}.devices.example', 'a.devices.example', 'a'],
    ['cn:{device}.devices.example', '.devices.example', undefined],
    ['cn:{device}.devices.example', 'a.devices.example.evil', undefined],
    ['cn:{device}.devices.example', 'a\0.devices.example', undefined],
    ['cn:dev-{device}-x', 'dev-x', undefined,],
    ['cn:dev-{device}-x', 'dev-a-x', 'a']
  ]
  for (const [setting, commonName, device] of cases) t.equal(deviceIn(setting)({ ...nobody, commonName }), device, `${setting} of ${JSON.stringify(commonName)}`)
})

await t.test('an alternative name', async (t) => {
  const cases: Array<[string, string | undefined, string | undefined]> = [
    ['san:dns', 'DNS:a', 'a'],
    ['san:dns', 'DNS:a, URI:urn:b, IP Address:1.2.3.4', 'a'],
    ['san:dns', 'DNS:a, DNS:b', undefined],
    ['san:dns', 'DNS:a, DNS:a', undefined],
    ['san:dns', 'DNS:*.a', undefined],
    ['san:dns', undefined, undefined],
    ['san:dns', 'URI:a', undefined],
    ['san:dns', 'DNS:"a\\u002c DNS:b"', undefined],
    ['san:dns:{device}.x', 'DNS:a.x, DNS:a.example', 'a'],
    ['san:dns:{device}.x', 'DNS:a.x, DNS:b.x', undefined],
    ['san:dns:{device}.x', 'DNS:a.x, DNS:"b\\u0000.x"', undefined],
    ['san:uri', 'URI:urn:device:a', 'urn:device:a'],
    ['san:uri:urn:device:{device}', 'URI:urn:device:a:b, DNS:c', 'a:b'],
    ['san:uri:urn:device:{device}', 'URI:URN:device:a', undefined],
    ['san:uri:urn:device:{device}', 'DNS:urn:device:a', undefined],
    ['san:uri:urn:a,b:{device}', 'URI:"urn:a\\u002cb:x"', 'x'],
    ['san:uri:spiffe://example.com/device/{device}', 'URI:spiffe://example.com/device/a', 'a'],
    ['san:uri:spiffe://example.com/device/{device}', 'URI:spiffe://example.com/device/a/b', undefined],
    ['san:dns', 'DNS:a, "', undefined]
  ]
  for (const [setting, subjectAltName, device] of cases) t.equal(deviceIn(setting)({ ...nobody, commonName: 'cn', subjectAltName }), device, `${setting} of ${String(subjectAltName)}`)
})
