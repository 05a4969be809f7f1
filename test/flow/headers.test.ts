import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { Authority } from '../net/certificates.ts'
import { startGateway } from './gateway.ts'
import { Peer, upgradeHead } from './peer.ts'
import { ask } from './secure.ts'

const broker = await testBroker(t)
const gateway = await startGateway(t, broker)

const always: Record<string, RegExp> = {
  'content-security-policy': /^default-src 'none'; .*frame-ancestors 'none'$/,
  'x-content-type-options': /^nosniff$/,
  'x-frame-options': /^DENY$/,
  'referrer-policy': /^no-referrer$/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
  'permissions-policy': /camera=\(\).*microphone=\(\)/
}
const secrets = /node_modules|\/work|\.ts\b|\bat \w+ \(|fastify|node\.js/i

function judge (t: Test, name: string, headers: Headers, body: string, instead: Record<string, RegExp> = {}): void {
  for (const [header, value] of Object.entries({ ...always, 'cache-control': /^no-store$/, ...instead })) t.match(headers.get(header), value, `${name}: ${header}`)
  for (const header of ['server', 'x-powered-by', 'set-cookie', 'strict-transport-security']) t.equal(headers.get(header), null, `${name}: no ${header}`)
  t.notMatch(body, secrets, `${name}: no internals`)
}

await t.test('every answer of the API, and every error, is safe from what browsers make of it', async (t) => {
  const cases: Array<[string, number, RequestInit?]> = [
    ['/healthz', 200], ['/readyz', 200], ['/metrics', 200], ['/v1/devices', 200], ['/ws/d', 426], ['/ws', 400], ['/ws/%20', 400],
    ['/nowhere', 404], ['/v1/nowhere', 404], ['/%', 400], ['/v1/devices?what=1', 400],
    ['/v1/devices', 403, { headers: { origin: 'https://evil.example' } }],
    ['/v1/devices/d/messages', 201, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"data":1}' }],
    ['/v1/devices/d/messages', 400, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }],
    ['/v1/devices/d/messages', 415, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{"data":1}' }],
    ['/v1/devices/d/messages', 413, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ data: 'x'.repeat(100_000) }) }],
    ['/v1/devices', 404, { method: 'DELETE' }], ['/../../etc/passwd', 404], ['/..%2f..%2fetc/passwd', 404]
  ]
  for (const [path, status, init] of cases) {
    const answer = await fetch(`${gateway.origin}${path}`, init)
    t.equal(answer.status, status, path)
    judge(t, path, answer.headers, path === '/metrics' ? '' : await answer.text())
  }
})

await t.test('what Node itself refuses, too', async (t) => {
  const requests = [
    ['no HTTP', 'HELLO\r\n\r\n'],
    ['too many headers', `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`],
    ['a bad upgrade', upgradeHead(gateway.host, '/ws/d', { 'sec-websocket-version': '9' })],
    ['an address that is none', 'GET /%E0%A4%A HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n'],
    ['an upgrade elsewhere', upgradeHead(gateway.host, '/healthz')]
  ] as const
  for (const [name, request] of requests) {
    const peer = await Peer.connect(gateway.host)
    peer.socket.write(request)
    const head = await peer.head()
    const headers = new Headers(head.trimEnd().split('\r\n').slice(1).map((line) => line.split(/: ?/, 2) as [string, string]))
    for (const line of head.split('\r\n').slice(1)) if (line.startsWith('permissions-policy')) headers.set('permissions-policy', line)
    judge(t, name, headers, head)
    peer.socket.destroy()
  }
})

await t.test('the page takes its own files and nothing that stands in the HTML, and is nobody\'s frame', async (t) => {
  const policy = (headers: Headers): string[] => (headers.get('content-security-policy') as string).split('; ').sort()
  for (const path of ['/', '/page.js', '/style.css', '/icon.svg']) {
    const answer = await fetch(`${gateway.origin}${path}`)
    judge(t, path, answer.headers, '', { 'cache-control': /^public, max-age=0$/ })
    t.strictSame(policy(answer.headers), ["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'", "require-trusted-types-for 'script'", "trusted-types 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"].sort())
  }
  const folder = join(import.meta.dirname, '..', '..', 'public')
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), 'utf8')
    if (file.endsWith('.html')) t.notMatch(text, /<script(?![^>]*src=)|<style|\sstyle=|\son\w+=|javascript:|https?:\/\//i, `${file}: nothing inline, nothing from elsewhere`)
    if (file.endsWith('.js')) t.notMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\('style|cssText/, file)
    if (file.endsWith('.css')) t.notMatch(text, /@import|https?:\/\//, file)
  }
})

await t.test('the client library may be loaded by pages from anywhere', async (t) => {
  for (const file of ['/client.js', '/client-indexeddb.js']) {
    const answer = await fetch(`${gateway.origin}${file}`)
    t.equal(answer.status, 200, `${file}: npm run build makes it`)
    judge(t, file, answer.headers, '', { 'cache-control': /^public, max-age=0$/, 'cross-origin-resource-policy': /^cross-origin$/, 'access-control-allow-origin': /^\*$/ })
  }
})

await t.test('with TLS comes the promise to stay with it, but on localhost', async (t) => {
  const authority = new Authority(t)
  const { certFile, keyFile } = authority.server()
  const secured = await startGateway(t, broker, { settings: { tls: { certFile, keyFile }, auth: { anonymous: 'always' } } })
  const promise = async (host: string, path = '/v1/devices'): Promise<unknown> =>
    (await ask(secured.host, path, { ca: authority.ca, headers: { host }, servername: 'localhost' })).headers['strict-transport-security']
  for (const path of ['/', '/v1/devices', '/client.js', '/nowhere']) t.equal(await promise('gateway.example.com', path), 'max-age=31536000', path)
  for (const host of ['localhost:8443', '127.0.0.1']) t.equal(await promise(host), undefined, host)
})
