/** Tables that scripts write into docs/. */

import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'

const DOCS = join(import.meta.dirname, '..', 'docs')

/** A table for people and for Markdown alike. */
export function table (columns: readonly string[], rows: ReadonlyArray<ReadonlyArray<string | number>>): string {
  const cells = [columns, ...rows.map((row) => row.map((cell) => typeof cell === 'number' ? cell.toLocaleString('en-US') : cell))]
  const widths = columns.map((_, i) => Math.max(3, ...cells.map((row) => (row[i] as string).length)))
  const line = (row: readonly string[]): string => `| ${row.map((cell, i) => cell.padEnd(widths[i] as number)).join(' | ')} |`
  return [line(cells[0] as string[]), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...cells.slice(1).map(line)].join('\n')
}

/** When, and on what. */
export function circumstances (): string {
  const processors = cpus()
  return `${new Date().toISOString().slice(0, 10)}, Node.js ${process.versions.node}, ${processors.length} × ${processors[0]?.model.trim() ?? '?'}.`
}

/** Puts a text between the marks of that name in that document. */
export function writeSection (name: string, text: string, document = 'reliability.md'): void {
  const path = join(DOCS, document)
  const whole = readFileSync(path, 'utf8')
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [from, to] = [whole.indexOf(begin), whole.indexOf(end)]
  if (from === -1 || to === -1) throw new Error(`${path} has no place for ${name}`)
  writeFileSync(path, `${whole.slice(0, from + begin.length)}\n${text}\n${whole.slice(to)}`)
}
