import { createSecretKey } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { WebSocket } from 'ws'
import { fileWith, secret, token } from '../access/issuer.ts'
import { launchChromium, withoutChromium } from './chromium.ts'
import { startGateway } from './gateway.ts'
import { row, state, visit } from './visit.ts'

t.setTimeout(180_000)

const pictures = mkdtempSync(join(tmpdir(), 'sluice-login-page-'))
const signed = async (claims: object): Promise<string> => await token(createSecretKey(Buffer.from(secret)), { alg: 'HS256' }, { ...claims })

await t.test('where the gateway wants to know who comes, the page asks for a token, says what is wrong with it, and forgets it', { skip: withoutChromium }, async (t) => {
  const gateway = await startGateway(0, { secretFile: fileWith(t, secret) })
  t.teardown(() => gateway.close())
  const browser = await launchChromium()
  t.teardown(() => browser.close())
  const { page, complaints, asked } = await visit(browser, gateway.origin, { becomes: 'closed' })
  const why = page.locator('#why')
  const field = page.getByLabel(/Your token or API key/)
  const logIn = async (text: string): Promise<void> => {
    await field.fill(text)
    await page.getByRole('button', { name: 'Log in' }).click()
  }
  await field.waitFor()
  t.match(await why.textContent(), /credentials/)
  t.ok(await field.evaluate('document.activeElement.id === "login-token"'), 'one can type at once')
  await page.screenshot({ path: join(pictures, 'asked.png'), fullPage: true })

  await logIn('rubbish')
  await why.getByText(/token/).waitFor()
  await logIn(await signed({ sub: 'sensor-1', roles: ['device'] }))
  await why.getByText(/do not allow you to connect as page-/).waitFor()
  await field.waitFor()

  await logIn(await signed({ sub: 'olga@example.com', roles: ['operator'] }))
  await state(page, 'live')
  t.notOk(await field.isVisible())
  const device = new WebSocket(`${gateway.origin.replace('http', 'ws')}/ws/sensor-1`, 'sluice.raw', { headers: { authorization: `Bearer ${await signed({ sub: 'sensor-1' })}` } })
  device.on('open', () => device.send('{"c":21.5}'))
  await row(page, '{"c":21.5}').waitFor()
  await page.getByRole('button', { name: 'sensor-1' }).click()
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await page.locator('#form-result').getByText(/^Stored in partition/).waitFor()
  await page.screenshot({ path: join(pictures, 'in.png'), fullPage: true })
  await page.reload()
  await state(page, 'live')
  device.close()

  await page.getByRole('button', { name: 'Log out' }).click()
  await state(page, 'closed')
  await field.waitFor()
  t.equal(await page.locator('#tail-rows li, #devices-list li').count(), 0, 'nothing is left to see')
  await page.setViewportSize({ width: 360, height: 740 })
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.screenshot({ path: join(pictures, 'phone.png') })
  t.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)
  t.equal(await page.evaluate('sessionStorage.length + localStorage.length'), 0)
  t.same(asked.filter((address) => address.includes('eyJ')), [], 'no token is in an address')
  t.same(complaints.filter((text) => !/40[13]|HTTP Authentication failed/.test(text)), [], 'nothing but what the browser says of refusals')
  t.comment(pictures)
})
