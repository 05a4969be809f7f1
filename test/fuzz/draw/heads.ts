/** Requests and handshakes, each part of them right or wrong. */

import type { Random } from '../../ledger/random.ts'
import { json, object } from './json.ts'
import { OPERATOR, token } from './tokens.ts'

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const DEVICES = 1_000
const ODD_IDS = ['', 'a%20b', 'a%2Fb', 'a%00', '%ff%fe', 'a%4', '%zz', '..', '%2e%2e', 'x'.repeat(128), 'x'.repeat(129), 'x'.repeat(3_000), '*', '__proto__', 'a?b', 'a;b', 'a#b', '{device}']
const PARAMETERS = ['session=s', 'session=', `session=${'s'.repeat(49)}`, 'ack=pong', 'ack=', 'frames=text', 'frames=binary', 'frames=x', 'since=-10m', 'since=earliest', 'since=-999999999d',
  'since=2020-01-01T00:00:00Z', 'since=1.abc.6.3.4.5.6', 'since=1.0.4.0.0.0.-1', 'since=', 'resume=main', 'resume=', 'resume=a%20b', 'token=x', 'ticket=x', 'ticket=tk_e30.AA', '__proto__=1', 'a=1', '%', '=', 'since']
const SUBPROTOCOLS = ['sluice.v1', 'sluice.raw', 'mqtt', '', 'sluice.v1, sluice.raw', 'sluice.v1,,', 'bearer.x, sluice.v1', 'a b', 'sluice.v1, sluice.v1', ',']
const HEADERS = ['x-a: b', 'x-a:', 'x a: b', ': b', 'x-a : b', 'cookie: a=b', 'origin: null', 'origin: http://127.0.0.1', 'origin: https://evil.example', 'expect: 100-continue', 'expect: x',
  'transfer-encoding: chunked', 'transfer-encoding: gzip', 'content-length: 0', 'content-length: -1', 'content-length: 99999999999', 'content-length: 1e3', 'connection: close', 'connection: keep-alive',
  'connection: upgrade', 'upgrade: h2c', 'upgrade: websocket', 'x-forwarded-for: 10.0.0.1', 'forwarded: for=x', 'range: bytes=0-1', 'range: bytes=9-1', 'range: x', 'if-none-match: *', 'if-match: "x"', 'if-unmodified-since: Thu, 01 Jan 1970 00:00:00 GMT', 'if-range: x', 'if-modified-since: x',
  'accept-encoding: gzip, br', 'accept: */*', 'authorization: Basic YTpi', 'authorization: Bearer', 'authorization: Bearer a b', 'te: trailers', 'x-http-method-override: DELETE', '__proto__: x',
  'access-control-request-method: PUT', 'access-control-request-headers: authorization', 'content-encoding: gzip', 'content-type: text/plain', 'trailer: x', 'x: \xff\xfe', 'x: a\x00b', ' folded', 'host: other']
const VERSIONS = ['13', '13', '13', '8', '7', '', '013', '13, 8', '-1', '14', '9999']
const KEYS = [KEY, '', 'c2hvcnQ=', '!'.repeat(24), `${KEY}=`, KEY.slice(0, -1), KEY.toLowerCase(), `${KEY}, ${KEY}`]
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT', 'get', 'FETCH', 'PROPFIND', '']
const PROTOCOLS = ['HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/1.1 ', 'HTTX/1.1', '']

/** Mostly right, so that it comes as far as what is behind it. */
const mostly = (random: Random, right: string, wrong: readonly string[], probability = 0.9): string => random.chance(probability) ? right : random.pick(wrong)

export function handshake (random: Random): string {
  const query = random.chance(0.5) ? '' : `?${Array.from({ length: random.int(1, 3) }, () => random.pick(PARAMETERS)).join('&')}`
  const path = mostly(random, `/ws/${id(random)}`, ['/ws', '/ws/', '/ws/a/b', '/', '/healthz', '/v1/devices', '//ws/a', '/WS/a', 'ws/a', '*', 'http://h/ws/a'], 0.93)
  const lines = [
    ['host', mostly(random, 'h', ['', 'a b', 'h:99999'])],
    ['connection', mostly(random, 'Upgrade', ['keep-alive, Upgrade', 'upgrade', 'close', '', 'Upgrade, close'])],
    ['upgrade', mostly(random, 'websocket', ['WebSocket', 'websocket, h2c', 'h2c', '', 'websockets'])],
    ['sec-websocket-version', mostly(random, '13', VERSIONS)],
    ['sec-websocket-key', mostly(random, KEY, KEYS)],
    ...random.chance(0.5) ? [['sec-websocket-protocol', random.pick(SUBPROTOCOLS)]] : [],
    ...random.chance(0.1) ? [['sec-websocket-protocol', `bearer.${token(random)}, sluice.v1`]] : [],
    ...random.chance(0.2) ? [['sec-websocket-extensions', random.pick(['permessage-deflate', 'permessage-deflate; client_max_window_bits=99', ';;', 'x', 'permessage-deflate; a="'])]] : [],
    ...random.chance(0.1) ? [['authorization', `Bearer ${token(random)}`]] : []
  ].filter(() => random.chance(0.97)).map((pair) => pair.join(': '))
  return head(random, `${mostly(random, 'GET', METHODS, 0.96)} ${path}${query}`, lines)
}

export function request (random: Random): string {
  const [method, path, body] = random.pick(routes)(random)
  const text = mostly(random, body, ['', '{', 'null', '[]', json(random), '{"__proto__":{"x":1}}'])
  const lines = [
    `host: ${mostly(random, 'h', ['', 'a b'])}`,
    ...random.chance(0.7) ? [`authorization: Bearer ${OPERATOR}`] : random.chance(0.3) ? [`authorization: Bearer ${token(random)}`] : [],
    ...text === '' ? [] : [`content-type: ${mostly(random, 'application/json', ['text/plain', 'application/json; charset=latin1', 'multipart/form-data', '', 'application/json;', 'x'])}`],
    ...framing(random, text)
  ]
  const whole = random.chance(0.05) ? `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n` : text
  return head(random, `${mostly(random, method, METHODS, 0.95)} ${path}`, lines.filter(() => random.chance(0.98))) + whole
}

function framing (random: Random, body: string): string[] {
  if (body === '' && random.chance(0.9)) return []
  return [random.chance(0.95) ? `content-length: ${Buffer.byteLength(body)}` : random.pick(['transfer-encoding: chunked', `content-length: ${body.length + random.int(-3, 3)}`])]
}

type Route = (random: Random) => [method: string, path: string, body: string]

const routes: readonly Route[] = [
  (random) => ['GET', random.pick(['/healthz', '/readyz', '/metrics', '/v1/devices', '/v1/revocations', '/v1/quotas', '/', '/page.js', '/client.js', '/../package.json', '/%2e%2e/package.json', '/page.js%00', `/${'x'.repeat(20_000)}`]), ''],
  (random) => ['POST', `/v1/devices/${id(random)}/messages`, object([...random.chance(0.8) ? [['data', json(random)] as const] : [], ...random.chance(0.3) ? [['base64', '"AA=="'] as const] : [], ...random.chance(0.2) ? [['event', json(random, 0)] as const] : []], random)],
  (random) => ['DELETE', `/v1/devices/${id(random)}/sockets`, ''],
  (random) => ['POST', '/v1/revocations', object([[random.pick(['token', 'key', 'device', 'device', 'more']), random.chance(0.8) ? `"${id(random)}"` : json(random, 1)], ...random.chance(0.3) ? [['reason', json(random, 0)] as const] : [], ...random.chance(0.5) ? [['untilMs', random.pick(['4102444800000', '1', '-1', '"1"'])] as const] : []], random)],
  (random) => ['DELETE', `/v1/revocations/${random.pick(['token', 'key', 'device', 'device', 'other', '__proto__'])}/${id(random)}`, ''],
  (random) => ['PUT', `/v1/quotas/${random.pick(['class-1', 'class-2', 'a b', '', '__proto__', 'x'.repeat(65)])}`, object([['framesPerSecond', random.pick(['1', '0', '-1', '1.5', '"1"', '10000001'])], ['bytesPerSecond', random.pick(['0', '1024', 'null'])], ['burstMs', random.pick(['1', '1000', '0'])]], random)],
  (random) => ['POST', '/v1/tickets', object([...random.chance(0.8) ? [['device', `"${id(random)}"`] as const] : [], ...random.chance(0.3) ? [['origin', json(random, 0)] as const] : [], ...random.chance(0.3) ? [['ttlMs', random.pick(['1000', '60000', '999', '60001', '"1"', '1e9'])] as const] : []], random)],
  (random) => ['GET', `/ws/${id(random)}?${random.pick(PARAMETERS)}`, ''],
  (random) => ['OPTIONS', random.pick(['/ws/a', '/v1/devices', '*', '/v1/tickets']), '']
]

function id (random: Random): string { return random.chance(0.9) ? `fuzz-${random.int(1, DEVICES)}` : random.pick(ODD_IDS) }

function head (random: Random, line: string, lines: string[]): string {
  while (random.chance(0.2)) lines.splice(random.int(0, lines.length), 0, random.pick(HEADERS))
  if (random.chance(0.01)) lines.push(...Array.from({ length: random.int(90, 300) }, (_, n) => `x-${n}: y`))
  const end = random.chance(0.98) ? '\r\n' : '\n'
  return `${line} ${mostly(random, 'HTTP/1.1', PROTOCOLS, 0.96)}${end}${lines.map((one) => one + end).join('')}${end}`
}
