/**
 * A stand-in for the base image, for machines that cannot pull one: Debian's smallest system with Node 24 and npm, under the
 * name that the Dockerfile asks for. What it cannot show is what else the real base image brings.
 */

import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ensureNode24 } from '../run/node24.ts'
import { buildah, cache } from './buildah.ts'

const name = 'docker.io/library/node:24-bookworm-slim'
const authorities = '/etc/ssl/certs/ca-certificates.crt'

export async function ensureBase (): Promise<void> {
  if (buildah('images', '--quiet', '--filter', `reference=${name}`) !== '') return
  const node = process.versions.node.startsWith('24.') ? process.execPath : await ensureNode24()
  if (node === undefined) throw new Error('npm could not install node@24')
  mkdirSync(cache, { recursive: true })
  const context = mkdtempSync(join(cache, 'base-'))
  try {
    addNode(join(context, 'added'), node)
    cpSync(debian(), join(context, 'debian.tar'))
    writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nADD debian.tar /\nCOPY added /\n')
    buildah('bud', '--isolation', 'chroot', '--tag', name, context)
  } finally {
    rmSync(context, { recursive: true, force: true })
  }
}

/** The smallest Debian as a tar, made once. */
function debian (): string {
  const tar = join(cache, 'bookworm.tar')
  if (existsSync(tar)) return tar
  const tree = mkdtempSync(join(cache, 'bookworm-'))
  try {
    run('debootstrap', '--variant=minbase', 'bookworm', tree)
    rmSync(join(tree, 'var', 'cache', 'apt'), { recursive: true, force: true })
    run('tar', '--create', '--one-file-system', `--file=${tar}.part`, `--directory=${tree}`, '.')
    renameSync(`${tar}.part`, tar)
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
  return tar
}

/** Node, this machine's npm and what npm needs to reach the registry that this machine uses. */
function addNode (tree: string, node: string): void {
  const local = join(tree, 'usr', 'local')
  mkdirSync(join(local, 'bin'), { recursive: true })
  cpSync(node, join(local, 'bin', 'node'))
  const modules = run('npm', 'root', '--global')
  cpSync(join(modules, 'npm'), join(local, 'lib', 'node_modules', 'npm'), { recursive: true })
  for (const command of ['npm', 'npx']) {
    symlinkSync(`../lib/node_modules/npm/bin/${command}-cli.js`, join(local, 'bin', command))
  }
  if (existsSync(authorities)) {
    mkdirSync(dirname(join(tree, authorities)), { recursive: true })
    cpSync(authorities, join(tree, authorities), { dereference: true })
  }
  mkdirSync(join(tree, 'root'))
  const registry = `registry=${run('npm', 'config', 'get', 'registry')}\n`
  writeFileSync(join(tree, 'root', '.npmrc'), existsSync(authorities) ? `${registry}cafile=${authorities}\n` : registry)
}

function run (command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26 }).trim()
}
