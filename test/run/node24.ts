import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './files.ts'
import { succeeds } from './process.ts'

const folder = join(root, '.cache', 'node24')

/** The path of a Node 24, from npm the first time; undefined where it cannot be had. */
export async function ensureNode24 (): Promise<string | undefined> {
  const binary = join(folder, 'node_modules', 'node', 'bin', 'node')
  if (!isNode24(binary)) await succeeds('npm', ['install', '--no-save', '--no-package-lock', '--prefix', folder, 'node@24'])
  return isNode24(binary) ? binary : undefined
}

function isNode24 (binary: string): boolean {
  return existsSync(binary) && execFileSync(binary, ['--version'], { encoding: 'utf8' }).startsWith('v24.')
}
