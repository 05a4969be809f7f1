import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { freePort } from '../kafka/ports.ts'
import { ready, serves, start, stopsOnSignal } from '../pack/gateway.ts'
import { root } from '../run/files.ts'
import { loud } from '../run/process.ts'
import { ensureBase } from './base.ts'
import { buildah, cannotBuild, withStorage } from './buildah.ts'

interface ImageConfig { User: string, Env: string[], Entrypoint: string[], ExposedPorts: object, Healthcheck: { Test: string[] } }

const image = 'sluice-under-test'
const obstacle = cannotBuild()
if (obstacle) loud(`${obstacle}, so the Dockerfile was not tested`)

await t.test('the Dockerfile', { skip: obstacle }, async (t) => {
  await ensureBase()
  buildah('bud', '--format', 'docker', '--isolation', 'chroot', '--network', 'host', '--pull-never', '--tag', image, '.')
  const { Docker: { config } } = JSON.parse(buildah('inspect', '--type', 'image', image)) as { Docker: { config: ImageConfig } }
  const container = buildah('from', '--pull-never', image)
  t.teardown(() => {
    buildah('rm', container)
    buildah('rmi', image)
    buildah('rmi', '--prune')
  })

  await t.test('describes an image that starts node itself, and not as root', async (t) => {
    t.same(config.Entrypoint, ['node', 'dist/main.js'])
    t.equal(config.User, '1000:1000')
    t.same(Object.keys(config.ExposedPorts), ['8080/tcp'])
  })

  await t.test('leaves out what only development needs', async (t) => {
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { devDependencies: object }
    const script = 'console.log(JSON.stringify([...fs.readdirSync("."), ...fs.readdirSync("node_modules")]))'
    const names = JSON.parse(inside(['node', '-e', script])) as string[]
    t.ok(names.includes('fastify'))
    t.equal(inside(['node', '-e', 'console.log(require("./dist/sbom.cdx.json").bomFormat)']).trim(), 'CycloneDX', 'and lists what it has')
    t.strictSame(names.filter((name) => name in devDependencies || ['src', 'test', 'bench', 'docs'].includes(name)), [])
  })

  await t.test('has no shell and no package manager, and still knows names, users and authorities', async (t) => {
    for (const command of ['/bin/sh', 'sh', 'bash', 'npm', 'npx', 'corepack', 'yarn', 'apt-get', 'perl']) t.throws(() => inside([command, '--version']), command)
    const script = 'require("node:dns").lookup("localhost", (error, address) => console.log(error?.code ?? address, require("node:os").userInfo().username, require("node:tls").rootCertificates.length > 50))'
    t.match(inside(['node', '-e', script]), /^(?:127\.0\.0\.1|::1) (?:node|root) true$/)
  })

  await t.test('does not start without a Kafka', async (t) => {
    const gateway = start('buildah', runArguments(config.Entrypoint))
    t.teardown(gateway.kill)
    t.not(await gateway.exited, 0)
    t.match(gateway.output(), /no Kafka broker is named; set KAFKA_BROKERS/)
  })

  await t.test('serves devices, is healthy, and stops on SIGTERM', async (t) => {
    const port = await freePort()
    const env = { PORT: String(port), SLUICE_EMBEDDED_MODE: 'always', SLUICE_EMBEDDED_PORT: '0', SLUICE_AUTH_ANONYMOUS: 'always' }
    const [, ...healthcheck] = config.Healthcheck.Test
    t.throws(() => inside(healthcheck, env), 'unhealthy before it runs')
    const gateway = start('buildah', runArguments(config.Entrypoint, env))
    t.teardown(gateway.kill)
    await ready(gateway, port)
    const pid = gatewayBelow(gateway.process.pid!)
    t.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /^Uid:\t1000\t1000\t1000\t1000$/m)
    await serves(t, port)
    t.doesNotThrow(() => inside(healthcheck, env), 'healthy')
    await stopsOnSignal(t, gateway, pid)
  })

  function inside (command: string[], env: Record<string, string> = {}): string {
    return buildah(...runArguments(command, env).slice(withStorage([]).length))
  }

  function runArguments (command: string[], env: Record<string, string> = {}): string[] {
    const variables = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`])
    return withStorage(['run', '--isolation', 'chroot', '--network', 'host', ...variables, container, '--', ...command])
  }
})

/** The gateway's own process among the descendants of the one that runs the container. */
function gatewayBelow (ancestor: number): number {
  const parents = new Map(readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((pid) => [Number(pid), parentOf(pid)]))
  const isBelow = (pid: number): boolean => pid === ancestor || isBelowParent(parents.get(pid))
  const isBelowParent = (pid: number | undefined): boolean => pid !== undefined && isBelow(pid)
  const found = [...parents.keys()].filter((pid) => isBelow(pid) && /^([^\0]*\/)?node\0dist\/main\.js\0$/.test(commandLine(pid)))
  if (found.length !== 1) throw new Error(`${found.length} processes of the gateway instead of one`)
  return found[0]!
}

function parentOf (pid: string): number | undefined {
  const parent = /^PPid:\t(\d+)$/m.exec(ifThere(`/proc/${pid}/status`))?.[1]
  return parent === undefined ? undefined : Number(parent)
}

function commandLine (pid: number): string { return ifThere(`/proc/${pid}/cmdline`) }

/** Processes end while they are looked at. */
function ifThere (path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
