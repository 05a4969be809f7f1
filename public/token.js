const name = 'sluice-token'

/** What this page shows the gateway: a token or an API key. It is gone with the tab, and no other tab has it. */
export function token () {
  return sessionStorage.getItem(name) ?? undefined
}

export function keepToken (text) {
  if (text === undefined) sessionStorage.removeItem(name)
  else sessionStorage.setItem(name, text)
}
