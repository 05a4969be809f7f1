/** Reads TAP: counts its assertions, names what failed, and prints a line per test file, and in full only what failed. */

import { inspect } from 'node:util'
import { Parser } from 'tap-parser'
import type { Result } from 'tap-parser'
import type { Tally } from './tally.ts'

export interface TapResults {
  write(text: string): void
  /** Anything that does not end well counts as at least one failure: a crash, a cut stream, coverage below its floor. */
  end(endedWell: boolean): Tally
  /** The full name of each assertion that failed. */
  readonly failures: readonly string[]
}

export function tapResults (print: (line: string) => void): TapResults {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 }
  const parser = new Parser()
  const failures: string[] = []
  let ok = false
  parser.on('result', (result) => {
    if (result.skip || result.todo) tally.skipped++
    else if (result.ok) tally.passed++
    else {
      tally.failed++
      failures.push(result.fullname)
      print(failure(result))
    }
  })
  parser.on('assert', (file) => print(`  ${file.ok ? 'ok    ' : 'NOT OK'} ${file.name}${time(file)}${remark(file)}`))
  parser.on('extra', (text) => print(text.trimEnd()))
  parser.on('complete', (results) => { ok = results.ok && results.count > 0 })
  return {
    failures,
    write (text) { parser.write(text) },
    end (endedWell) {
      parser.end()
      if (tally.failed === 0 && !(ok && endedWell)) tally.failed = 1
      return tally
    }
  }
}

function time ({ time }: Result): string {
  return time === null ? '' : `  ${(time / 1000).toFixed(1)} s`
}

function remark ({ skip, todo }: Result): string {
  if (skip) return `  skipped: ${String(skip)}`
  return todo ? '  todo' : ''
}

function failure (result: Result): string {
  const diagnostics = Object.entries((result.diag ?? {}) as Record<string, unknown>).map(([name, value]) => {
    const text = typeof value === 'string' ? value.trimEnd() : inspect(value, { depth: 6 })
    return text.includes('\n') ? `${name}:\n${indent(text)}` : `${name}: ${text}`
  })
  return `\n  FAILED ${result.fullname}\n${indent(diagnostics.join('\n'))}\n`
}

function indent (text: string): string {
  return text.replaceAll(/^/gm, '    ')
}
