import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import type { Browser, Page } from 'playwright-core'
import { launchChromium, withoutChromium } from './chromium.ts'
import { Device } from './device.ts'
import { startGateway } from './gateway.ts'
import type { Gateway } from './gateway.ts'
import { row, state, visit } from './visit.ts'

// A browser, a broker and a gateway are started for each scene, perhaps on a busy machine.
t.setTimeout(180_000)

const pictures = mkdtempSync(join(tmpdir(), 'sluice-page-'))

interface Scene {
  gateway: Gateway
  browser: Browser
}

function scene (name: string, play: (t: Test, scene: Scene) => Promise<void>): Promise<unknown> {
  return t.test(name, { skip: withoutChromium }, async (t) => {
    const gateway = await startGateway()
    t.teardown(() => gateway.close())
    const browser = await launchChromium()
    t.teardown(() => browser.close())
    await play(t, { gateway, browser })
  })
}

async function picture (t: Test, page: Page, name: string): Promise<void> {
  const path = join(pictures, `${name}.png`)
  await page.screenshot({ path, fullPage: true })
  t.comment(path)
}

await scene('a device is listed, and what it sends is in the tail, byte for byte', async (t, { gateway, browser }) => {
  const { page, complaints, asked } = await visit(browser, gateway.origin)
  const device = await Device.open(gateway.origin, 'sensor-a')
  t.match((await page.request.get(gateway.origin)).headers()['content-security-policy'], /^default-src 'none'; .*trusted-types 'none'/, 'under the strictest policy')

  await page.locator('#devices-list').getByText('sensor-a', { exact: true }).waitFor()

  // What JSON.parse would change: a zero after the point, a number beyond 2^53, an escape, a space, a name that comes twice.
  const json = '{"c": 1.0,"big":9007199254740993,"text":"\\u0041  \\"}{", "c":2e0 ,"none":[null,{}]}'
  device.send(json)
  await row(page, json).waitFor()
  t.equal(await row(page, json).locator('.device').textContent(), 'sensor-a')
  t.equal(await row(page, json).locator('.value code').textContent(), json)

  const text = 'temperature=21.5; ünïcode ✓'
  device.send(text)
  await row(page, text).waitFor()
  t.equal(await row(page, text).locator('.kind').textContent(), 'text')

  device.send(Uint8Array.of(0, 255, 128, 7))
  await row(page, '00 ff 80 07').waitFor()
  t.equal(await row(page, '00 ff 80 07').locator('.kind').textContent(), '4 bytes')

  const long = JSON.stringify({ log: 'x'.repeat(5000) })
  device.send(long)
  await page.getByRole('button', { name: '… all 5,010 characters' }).click()
  await row(page, long).waitFor()

  await picture(t, page, 'telemetry')
  t.same(complaints, [])
  t.same(elsewhere(asked, gateway), [])
  await device.close()
})

await scene('a message from the form reaches the device', async (t, { gateway, browser }) => {
  const { page, complaints } = await visit(browser, gateway.origin)
  const device = await Device.open(gateway.origin, 'lamp', 'sluice.v1')
  t.equal(JSON.parse(await device.next()).type, 'welcome')

  await page.getByRole('button', { name: 'lamp' }).click()
  t.equal(await page.getByLabel('Device', { exact: true }).inputValue(), 'lamp')

  const value = page.getByLabel('Value')
  await value.fill('{"led":')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('#form-value-note').getByText(/^Not JSON: /).waitFor()
  t.equal(await value.getAttribute('aria-invalid'), 'true')

  await value.fill('{"led":true,"level":[1.0,9007199254740993]}')
  await page.getByLabel('Event').fill('set')
  await value.press('Control+Enter')
  await page.locator('#form-result').getByText(/^Stored in partition \d+ at offset \d+$/).waitFor()

  const frame = await device.next()
  t.match(JSON.parse(frame), { type: 'message', event: 'set' })
  t.match(frame, '"data":{"led":true,"level":[1.0,9007199254740993]}')
  t.equal(await page.locator('#sent-list li').count(), 1)

  await picture(t, page, 'sent')
  t.same(complaints, [])
  await device.close()
})

await scene('the state tells when the gateway goes and when it is back', async (t, { gateway, browser }) => {
  const { page, complaints } = await visit(browser, gateway.origin)
  t.match(await page.locator('#storage').textContent(), 'memory: embedded broker, for trying out')
  t.same(complaints, [])

  await gateway.close()
  await state(page, 'reconnecting')
  t.match(await page.locator('#state-word').textContent(), /^reconnecting in \d+ s$/)
  await page.locator('#devices-count').getByText(/not current/).waitFor()
  await picture(t, page, 'reconnecting')

  const again = await startGateway(gateway.port)
  t.teardown(() => again.close())
  await state(page, 'live')
  t.equal(await page.locator('#why').isVisible(), false)
  // The browser itself writes a line for each address that did not answer; there is nothing else.
  t.same(complaints.filter((line) => !/net::ERR_CONNECTION_|WebSocket connection to .* failed/.test(line)), [])

  const device = await Device.open(again.origin, 'late')
  device.send('{"back":true}')
  await row(page, '{"back":true}').waitFor()
  await device.close()
})

await scene('a close from 4500 on is final until somebody asks, one below is not', async (t, { gateway, browser }) => {
  const closers: Array<(code: number, reason: string) => Promise<void>> = []
  const { page } = await visit(browser, gateway.origin, {
    async prepare (page) {
      await page.clock.install()
      await page.routeWebSocket(/\/ws\/page-/, (socket) => {
        socket.connectToServer()
        closers.push((code, reason) => socket.close({ code, reason }))
      })
    }
  })

  // The wait is drawn from 0 to 1 s: the page's clock stands, a little ahead and before its next heartbeat, until what it says was read.
  await page.clock.pauseAt(Date.now() + 10_000)
  await closers[0]?.(4001, 'slow-reader: You read more slowly than your records come.')
  await state(page, 'reconnecting')
  await page.getByText('slow-reader: You read more slowly than your records come.', { exact: true }).waitFor()
  await page.clock.resume()
  await state(page, 'live')

  await closers[1]?.(4504, 'bad-watch: A watch names no valid device.')
  await state(page, 'closed')
  await page.getByText('bad-watch: A watch names no valid device.', { exact: true }).waitFor()
  await picture(t, page, 'closed')
  t.equal(closers.length, 2)

  await page.getByRole('button', { name: 'Connect now' }).click()
  await state(page, 'live')
  t.equal(closers.length, 3)
})

await scene('hostile data is shown as text and runs nothing', async (t, { gateway, browser }) => {
  const { page, complaints, asked } = await visit(browser, gateway.origin)
  const hostile = '<img src=x onerror="window.owned=1"><script>window.owned=1</script>'
  const images = await page.locator('img').count()

  const raw = await Device.open(gateway.origin, 'hostile-raw')
  raw.send(hostile)
  await row(page, hostile).waitFor()

  const turned = `"\u202e${hostile.replaceAll('"', '\\"')}"`
  const device = await Device.open(gateway.origin, 'hostile', 'sluice.v1')
  device.send(`{"type":"publish","id":1,"event":"<b onclick=owned=1>","data":${turned}}`)
  await row(page, turned).waitFor()
  t.equal(await row(page, turned).locator('.event').textContent(), '<b onclick=owned=1>')

  // The message goes into the list of what was sent, too.
  await page.getByLabel('Device', { exact: true }).fill('hostile')
  await page.getByLabel('Event').fill(hostile)
  await page.getByLabel('Value').fill(turned)
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('#form-result[data-outcome=stored]').waitFor()

  t.equal(await page.locator('img').count(), images)
  t.equal(await page.locator('main').locator('script, b, img').count(), 0)
  t.equal(await page.evaluate('window.owned'), undefined)
  t.same(elsewhere(asked, gateway), [])
  t.notOk(asked.some((address) => address.endsWith('/x')))
  await picture(t, page, 'hostile')
  t.same(complaints, [])
  await raw.close()
  await device.close()
})

await scene('the tail is bounded, and waits while it is paused, read or filtered', async (t, { gateway, browser }) => {
  const { page, complaints } = await visit(browser, gateway.origin)
  const busy = await Device.open(gateway.origin, 'busy')
  const rare = await Device.open(gateway.origin, 'rare')

  rare.send('"rare"')
  await row(page, '"rare"').waitFor()
  await page.getByLabel('Filter records by text').fill('rare')
  for (let n = 1; n <= 1200; n++) busy.send(String(n))
  await page.locator('#tail-count').getByText('1 shown, 1,201 received').waitFor()
  t.equal(await page.locator('#tail-rows li').count(), 1)

  await page.getByLabel('Filter records by text').fill('')
  await row(page, '1200').waitFor()
  t.equal(await page.locator('#tail-rows li').count(), 500)
  t.equal(await page.locator('#tail-rows li').first().locator('.value').textContent(), '1200')

  await page.getByRole('button', { name: 'Pause' }).click()
  busy.send('"while paused"')
  await page.getByRole('button', { name: '1 newer, paused' }).waitFor()
  t.equal(await row(page, '"while paused"').count(), 0)
  await page.getByRole('button', { name: 'Resume', exact: true }).click()
  await row(page, '"while paused"').waitFor()

  await page.locator('#tail-rows li').last().scrollIntoViewIfNeeded()
  busy.send('"while reading"')
  await page.getByRole('button', { name: '1 newer' }).click()
  await row(page, '"while reading"').waitFor()

  await page.getByRole('button', { name: 'rare' }).click()
  await page.locator('#tail-none').waitFor()
  rare.send('"rare again"')
  await row(page, '"rare again"').waitFor()
  t.equal(await page.locator('#tail-rows li').count(), 1)
  await page.getByRole('button', { name: 'Only rare' }).click()
  await row(page, '"while reading"').waitFor()

  await page.getByRole('button', { name: 'Clear' }).click()
  await page.locator('#tail-none').waitFor()
  t.equal(await page.locator('#tail-rows li').count(), 0)
  t.same(complaints, [])
  await busy.close()
  await rare.close()
})

await scene('on a phone nothing is wider than the screen, and an empty page says what to paste', async (t, { gateway, browser }) => {
  const { page, complaints } = await visit(browser, gateway.origin, { viewport: { width: 360, height: 740 } })
  await page.locator('#tail-hint').getByText(`npx wscat -c ${gateway.origin.replace('http', 'ws')}/ws/my-device`).waitFor()
  await page.locator('#devices-hint').waitFor()
  await picture(t, page, 'phone-empty')

  const device = await Device.open(gateway.origin, 'n'.repeat(128))
  device.send(JSON.stringify('w'.repeat(200)))
  await row(page, JSON.stringify('w'.repeat(200))).waitFor()
  await page.locator('#devices-list').getByText('n'.repeat(128)).waitFor()
  t.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)
  await picture(t, page, 'phone')
  t.same(complaints, [])
  await device.close()
})

function elsewhere (asked: string[], gateway: Gateway): string[] {
  const { host } = new URL(gateway.origin)
  return asked.filter((address) => new URL(address).host !== host)
}
