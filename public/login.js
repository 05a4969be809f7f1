import { byId } from './element.js'
import { keepToken, token } from './token.js'

/** Asks for a token where the gateway wants one. `onToken` hears that there is another one. */
export function login ({ onToken }) {
  const root = byId('login')
  const field = byId('login-token')
  const out = byId('logout')

  root.addEventListener('submit', (submit) => {
    submit.preventDefault()
    const text = field.value.trim()
    if (text === '') return field.focus()
    field.value = ''
    keepToken(text)
    onToken()
  })
  out.addEventListener('click', () => {
    keepToken(undefined)
    window.location.reload() // nothing of what this one saw stays
  })

  return {
    ask () {
      root.hidden = false
      field.focus()
    },
    /** Somebody is in, or tries to come in. */
    done () {
      root.hidden = true
      out.hidden = token() === undefined
    }
  }
}
