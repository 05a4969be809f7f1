import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { freePort } from '../kafka/ports.ts'
import { Authority } from '../net/certificates.ts'
import { loud } from '../run/process.ts'
import { openDevice, ProtocolDevice } from './device.ts'
import { startGateway } from './gateway.ts'
import { ask, shake } from './secure.ts'

const doc = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'proxies.md'), 'utf8')
const authority = new Authority(t)
const { ca } = authority
const { certFile, keyFile } = authority.server()

/** A proxy, and how the document's configuration becomes one of this machine. */
interface Proxy { start: (config: string, gateway: string, port: number) => ChildProcess }

const proxies: Record<string, Proxy> = {
  nginx: {
    start (config, gateway, port) {
      const file = join(authority.folder, 'nginx.conf')
      const temporary = ['client_body', 'proxy', 'fastcgi', 'scgi', 'uwsgi'].map((name) => `${name}_temp_path ${authority.folder}/${name};`).join(' ')
      const ours = put(config, [['127.0.0.1:8080', gateway], ['listen 443', `listen 127.0.0.1:${port}`], ['/etc/nginx/tls/server.pem', certFile], ['/etc/nginx/tls/server.key', keyFile]])
      writeFileSync(file, `daemon off; pid ${authority.folder}/nginx.pid; error_log stderr; events {} http { access_log off; ${temporary}\n${ours}\n}`)
      return spawn('nginx', ['-c', file, '-e', 'stderr'], { stdio: 'ignore' })
    }
  },
  caddy: {
    start (config, gateway, port) {
      const file = join(authority.folder, 'Caddyfile')
      const home = join(authority.folder, 'home')
      mkdirSync(home)
      const ours = put(config, [['127.0.0.1:8080', gateway], ['gateway.example.com {', `https://localhost:${port}, https://127.0.0.1:${port} {\n  bind 127.0.0.1\n  tls ${certFile} ${keyFile}`], ['{\n  servers', '{\n  admin off\n  auto_https disable_redirects\n  default_sni localhost\n  servers']])
      writeFileSync(file, ours)
      return spawn('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], { stdio: 'ignore', env: { PATH: process.env.PATH, HOME: home } })
    }
  }
}

function put (config: string, changes: Array<[string, string]>): string {
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`docs/proxies.md has no ${from} any more`)
    return text.replace(from, () => to)
  }, config)
}

for (const [name, { start }] of Object.entries(proxies)) {
  const missing = spawnSync(name, [name === 'nginx' ? '-v' : 'version']).error !== undefined && `no ${name} on this machine`
  if (missing) loud(`${missing}, so its configuration in docs/proxies.md was not tried`)

  await t.test(`${name}, as docs/proxies.md has it`, { skip: missing }, async (t) => {
    const config = new RegExp(`\`\`\`${name}\n([^]*?)\`\`\``).exec(doc)?.[1] as string
    const gateway = await startGateway(t, await testBroker(t), { settings: { auth: { anonymous: 'always' } } })
    const port = await freePort()
    const host = `localhost:${port}`
    const proxy = start(config, gateway.host, port)
    const ended = once(proxy, 'exit')
    t.teardown(async () => {
      proxy.kill('SIGTERM')
      await ended
    })
    const over = { ca, servername: 'localhost' }
    for (;;) { // until it listens
      const answer = await ask(`127.0.0.1:${port}`, '/readyz', { ...over, headers: { host } }).catch(() => undefined)
      if (answer?.status === 200) break
      if (proxy.exitCode !== null) throw new Error(`${name} ended with ${proxy.exitCode}`)
    }
    const through = async (path: string, headers: Record<string, string> = {}, method = 'GET', body = ''): ReturnType<typeof ask> => await ask(`127.0.0.1:${port}`, path, { ...over, method, body, headers: { host, ...headers } })
    const connect = async (headers: Record<string, string> = {}): Promise<ProtocolDevice> => await openDevice(new ProtocolDevice(`wss://127.0.0.1:${port}/ws/d`, ['sluice.v1'], { host, ...headers }, over))

    const device = await connect({ origin: `https://${host}` })
    t.match(await device.nextOf('welcome'), { device: 'd' })
    const largest = 'x'.repeat(65_000)
    await device.stored(1, largest)
    t.match(await through('/v1/devices/d/messages', { 'content-type': 'application/json' }, 'POST', JSON.stringify({ data: largest })), { status: 201 }, 'the largest body')
    t.match(await device.nextOf('message'), { data: largest })
    const answer = await through('/ws/d')
    t.match(answer, { status: 426, headers: { 'strict-transport-security': 'max-age=31536000', 'x-content-type-options': 'nosniff' } })
    t.notMatch(String(answer.headers.server), /\d/, 'it does not tell its version')
    t.match(await through('/ws/d', { origin: 'https://evil.example' }), { status: 403, body: { code: 'bad-origin' } })
    await t.rejects(connect({ origin: 'https://evil.example' }), /403/)
    t.match(await through('/healthz', { authorization: `Bearer ${'x'.repeat(10_000)}` }), { status: 200 }, 'a long token')
    const tooMuch = async (request: ReturnType<typeof ask>): Promise<void> => {
      const { status } = await request.catch(() => ({ status: 413 })) // some answer, and some hang up
      t.ok(status >= 400, String(status))
    }
    await tooMuch(through('/healthz', { authorization: `Bearer ${'x'.repeat(70_000)}` }))
    await tooMuch(through('/v1/devices/d/messages', { 'content-type': 'application/json' }, 'POST', JSON.stringify({ data: 'x'.repeat(200_000) })))
    await t.rejects(shake(`127.0.0.1:${port}`, { ...over, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }))
    t.match(await device.stored(2, 'goes on'), { id: 2 })
    await device.close()
  })
}
