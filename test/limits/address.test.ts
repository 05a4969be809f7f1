import t from 'tap'
import { networkOf } from '../../src/limits/address.ts'
import { Counts } from '../../src/counts.ts'

await t.test('IPv4 counts by itself, IPv6 by its /64, however it is written', async t => {
  for (const address of ['127.0.0.1', '10.1.2.3', 'localhost']) t.equal(networkOf(address), address)
  const cases = {
    '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
    '2001:0DB8:0001:0002::1': '2001:db8:1:2::/64',
    '2001:db8::7': '2001:db8:0:0::/64',
    '2001:db8:1::2:3:4:5': '2001:db8:1:0::/64',
    '::1': '0:0:0:0::/64',
    '::': '0:0:0:0::/64',
    'fe80::1%eth0': 'fe80:0:0:0::/64',
    '64:ff9b::192.0.2.1': '64:ff9b:0:0::/64',
    '1:2:3:4:5:6:7::': '1:2:3:4::/64'
  }
  for (const [address, network] of Object.entries(cases)) t.equal(networkOf(address), network, address)
})

await t.test('of what there is none, nothing is kept', async t => {
  const counts = new Counts()
  counts.add('a')
  counts.add('a')
  counts.remove('a')
  t.strictSame([counts.of('a'), counts.of('b'), counts.size], [1, 0, 1])
  counts.remove('a')
  t.strictSame([counts.of('a'), counts.size], [0, 0])
})
