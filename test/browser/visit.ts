import type { Browser, Page } from 'playwright-core'

/** A page opened on the gateway, and what it did that a good page does not do. */
export interface Visit {
  page: Page
  /** Errors and warnings in the console, and exceptions that nobody caught. */
  complaints: string[]
  /** Every request and socket, by address. */
  asked: string[]
}

// Far more than anything here takes, and less than the test runner allows: what did not come is told by name.
const waitMs = 20_000

interface VisitOptions {
  viewport?: { width: number, height: number }
  /** Called before the page is loaded. */
  prepare?: (page: Page) => Promise<void>
  /** The state that the page comes to; live. */
  becomes?: 'live' | 'closed'
}

export async function visit (browser: Browser, origin: string, options: VisitOptions = {}): Promise<Visit> {
  const page = await browser.newPage({ viewport: options.viewport ?? { width: 1440, height: 900 }, reducedMotion: 'reduce' })
  page.setDefaultTimeout(waitMs)
  const complaints: string[] = []
  const asked: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => asked.push(request.url()))
  page.on('websocket', (socket) => asked.push(socket.url()))
  await options.prepare?.(page)
  await page.goto(origin)
  await state(page, options.becomes ?? 'live')
  return { page, complaints, asked }
}

export async function state (page: Page, name: 'connecting' | 'live' | 'reconnecting' | 'closed'): Promise<void> {
  await page.locator(`#state[data-state=${name}]`).waitFor()
}

/** The tail's row that has exactly this as its value. */
export function row (page: Page, value: string) {
  return page.locator('#tail-rows li').filter({ has: page.locator('.value > code').getByText(value, { exact: true }) })
}
