import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** What a test's `skip` takes: false, or the reason. */
export const withoutChromium = existsSync(executablePath)
  ? false
  : `no Chromium at ${executablePath}: install one, or name it in CHROMIUM`

export function launchChromium (): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync'
    ]
  })
}
