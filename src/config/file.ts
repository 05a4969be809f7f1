import { readJsonFile } from './json-file.ts'
import type { Source } from './source.ts'
import { readTree } from './tree.ts'

/** Reads the settings in a JSON file. Throws nothing: what goes wrong is a mistake like any other. */
export function readSettingsFile (path: string, readFile: (path: string) => string): Source {
  const read = readJsonFile('--config', path, readFile)
  return 'mistake' in read ? { given: [], mistakes: [read.mistake], unread: true } : readTree(read.value, path)
}
