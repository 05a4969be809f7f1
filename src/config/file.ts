import { faultIn } from './json.ts'
import { plain, quote } from './mistake.ts'
import type { Source } from './source.ts'
import { readTree } from './tree.ts'

const broken = (mistake: string): Source => ({ given: [], mistakes: [mistake], unread: true })
/** Node's message names the path again after a comma; one is enough. */
const reason = (error: unknown) => plain(String(error instanceof Error ? error.message : error).replace(/, (?:open|read)\b[^]*/, ''))

/** Reads the settings in a JSON file. Throws nothing: what goes wrong is a mistake like any other. */
export function readSettingsFile (path: string, readFile: (path: string) => string): Source {
  let text: string
  try {
    // Some editors on Windows begin a file with a byte order mark.
    text = readFile(path).replace(/^\uFEFF/, '')
  } catch (error) {
    return broken(`--config names ${quote(path)}, which cannot be read: ${reason(error)}`)
  }
  let tree: unknown
  try {
    tree = JSON.parse(text)
  } catch {
    const { line, column, found } = faultIn(text)
    const what = found === '' ? 'the file ends too early' : `${quote(found)} is not expected there`
    return broken(`${plain(path)} is not JSON at line ${line}, column ${column}: ${what}`)
  }
  return readTree(tree, path)
}
