/** Builds and runs images without a daemon. Its storage is the project's own and can be deleted at any time. */

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../run/files.ts'

export const cache = join(root, '.cache', 'image')

const storage = ['--root', join(cache, 'storage'), '--runroot', join(cache, 'run'), '--storage-driver', 'vfs']

/** The arguments of a buildah command with our storage in front. */
export function withStorage (args: string[]): string[] { return [...storage, ...args] }

/** Resolves to what it printed; throws with its complaints. */
export function buildah (...args: string[]): string {
  mkdirSync(cache, { recursive: true })
  return execFileSync('buildah', withStorage(args), { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26 }).trim()
}

/** Why images cannot be built on this machine; false if they can. */
export function cannotBuild (): string | false {
  if (process.platform !== 'linux') return 'images are built on Linux only'
  if (process.getuid?.() !== 0) return 'only root can build images here'
  const missing = ['buildah', 'debootstrap'].filter((command) => spawnSync(command, ['--version']).error !== undefined)
  return missing.length > 0 && `no ${missing.join(' and no ')} on this machine`
}
