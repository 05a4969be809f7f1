import { faultIn } from './json.ts'
import { plain, quote } from './mistake.ts'

/** Node's message names the path again after a comma; one is enough. */
const reason = (error: unknown) => plain(String(error instanceof Error ? error.message : error).replace(/, (?:open|read)\b[^]*/, ''))

/** Reads a JSON file that `label` names. Throws nothing: what goes wrong is a mistake like any other. */
export function readJsonFile (label: string, path: string, readFile: (path: string) => string): { readonly value: unknown } | { readonly mistake: string } {
  let text: string
  try {
    // Some editors on Windows begin a file with a byte order mark.
    text = readFile(path).replace(/^\uFEFF/, '')
  } catch (error) {
    return { mistake: `${label} names ${quote(path)}, which cannot be read: ${reason(error)}` }
  }
  try {
    return { value: JSON.parse(text) }
  } catch {
    const { line, column, found } = faultIn(text)
    const what = found === '' ? 'the file ends too early' : `${quote(found)} is not expected there`
    return { mistake: `${plain(path)} is not JSON at line ${line}, column ${column}: ${what}` }
  }
}
