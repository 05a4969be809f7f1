import { readFileSync, writeFileSync } from 'node:fs'

/** A table for people and for Markdown alike. */
export function table (columns, rows) {
  const cells = [columns, ...rows.map((row) => row.map(text))]
  const widths = columns.map((_, i) => Math.max(3, ...cells.map((row) => row[i].length)))
  const line = (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`
  return [line(cells[0]), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...cells.slice(1).map(line)].join('\n')
}

/** Figures have three digits that mean something. */
function text (cell) {
  if (typeof cell !== 'number') return cell
  return Number(cell.toPrecision(3)).toLocaleString('en-US')
}

/** Puts a section's text between its markers. */
export function writeSection (file, name, content) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const whole = readFileSync(file, 'utf8')
  const [from, to] = [whole.indexOf(begin), whole.indexOf(end)]
  if (from === -1 || to === -1) throw new Error(`${file} has no place for ${name}`)
  writeFileSync(file, `${whole.slice(0, from + begin.length)}\n${content}\n${whole.slice(to)}`)
}
