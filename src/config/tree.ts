import { plain, quote } from './mistake.ts'
import { byName, groups } from './names.ts'
import { meant } from './nearest.ts'
import type { Given, Source } from './source.ts'

const KNOWN = [...byName.keys(), ...groups]
const isGroup = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads nested (or dotted) settings; `file` is its path, or undefined for a program's own overrides. */
export function readTree (tree: unknown, file?: string): Source {
  const given: Given[] = []
  const mistakes: string[] = []
  const called = (name: string) => `${plain(name) || '""'}${file === undefined ? '' : ` in ${plain(file)}`}`

  function read (name: string, value: unknown): void {
    const setting = byName.get(name)
    if (setting !== undefined) given.push({ setting, value, text: false, origin: file ?? 'override', label: called(name) })
    else if (groups.has(name)) readGroup(value, `${name}.`, called(name))
    else mistakes.push(`${called(name)} is not a setting${meant(name, KNOWN)}`)
  }

  function readGroup (value: unknown, prefix: string, label: string): void {
    if (!isGroup(value)) {
      mistakes.push(`${label} is ${quote(value)}; it must be an object that holds settings`)
      return
    }
    for (const [key, below] of Object.entries(value)) {
      // A program may well write `port: options.port`; in a file there is no undefined.
      if (below !== undefined) read(prefix + key, below)
    }
  }

  readGroup(tree, '', called('the root'))
  return { given, mistakes }
}
