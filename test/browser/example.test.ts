import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { startGateway } from '../flow/gateway.ts'
import { readDevice, write } from '../flow/kafka.ts'
import { testBroker } from '../kafka/broker.ts'
import { launchChromium, withoutChromium } from './chromium.ts'

t.setTimeout(180_000)

await t.test('the example page, from an origin of its own', { skip: withoutChromium }, async (t) => {
  const broker = await testBroker(t)
  let html = ''
  const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(html)).listen(0, 'localhost')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`
  const gateway = await startGateway(t, broker, { settings: { http: { origins: [origin] } } })
  html = readFileSync(join(import.meta.dirname, '../../examples/page/index.html'), 'utf8').replaceAll('127.0.0.1:8080', gateway.host)

  const browser = await launchChromium()
  t.teardown(() => browser.close())
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(origin)
  await page.locator('#state').getByText('live').waitFor()
  await page.getByPlaceholder('say something').fill('hello')
  await page.getByRole('button').click()
  await page.getByText(/^stored "hello" in partition \d+ at offset 0$/).waitFor()
  t.match(await readDevice(broker.brokers, gateway.uplink, 'example-page'), [{ headers: { event: 'said' } }])
  await write(broker.brokers, gateway.downlink, [{ key: 'example-page', value: '{"led":true}', headers: { event: 'set' } }])
  await page.getByText('received set {"led":true}').waitFor()
  t.same(complaints, [])
})
