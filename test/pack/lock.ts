import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../run/files.ts'

export interface Dependency {
  name: string
  version: string
  /** As package-lock.json has it. */
  license: string | undefined
  /** Where it is installed, on the machines that it is for. */
  folder: string
}

/** What runs beside our own code, by package-lock.json: direct or not, and for whatever machine. */
export function shippedDependencies (): Dependency[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string, license?: string, dev?: true }>
  }
  return Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true).map(([path, { version, license }]) =>
    ({ name: path.split('node_modules/').at(-1) as string, version, license, folder: join(root, path) }))
}
