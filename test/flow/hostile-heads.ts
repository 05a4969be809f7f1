import { upgradeHead } from './peer.ts'

/** Bytes that a server reads as a request, and what it answers. */
export interface HostileHead {
  name: string
  bytes: string | Buffer
  status: number
  /** The code in the body; Node's own parser answers what it cannot read. */
  code?: string
}

const host = '127.0.0.1'

/** Node 24 leaves what asks for no WebSocket to HTTP; Node 20 hands every upgrade over. */
const noWebSocket = Number(process.versions.node.split('.')[0]) >= 24 ? { status: 426, code: 'upgrade-required' } : { status: 400, code: 'bad-request' }

function upgrade (name: string, path: string, status: number, code?: string, changes: Record<string, string | null> = {}, line?: string): HostileHead {
  return { name, bytes: upgradeHead(host, path, changes, line), status, ...(code === undefined ? {} : { code }) }
}

function request (name: string, line: string, status: number, code?: string, { headers = '', body = '' } = {}): HostileHead {
  const length = body === '' || /content-length|transfer-encoding/i.test(headers) ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`
  return { name, bytes: `${line}\r\nhost: ${host}\r\nconnection: close\r\n${length}${headers}\r\n${body}`, status, ...(code === undefined ? {} : { code }) }
}

const json = { headers: 'content-type: application/json\r\n' }
const messages = 'POST /v1/devices/d/messages HTTP/1.1'

export const upgrades: HostileHead[] = [
  upgrade('an empty id', '/ws/', 400, 'bad-device-id'),
  upgrade('an id of 129 characters', `/ws/${'x'.repeat(129)}`, 400, 'bad-device-id'),
  upgrade('an id of 2,000 characters', `/ws/${'x'.repeat(2000)}`, 400, 'bad-device-id'),
  upgrade('an id with a space', '/ws/a%20b', 400, 'bad-device-id'),
  upgrade('an id with a slash', '/ws/a%2Fb', 400, 'bad-device-id'),
  upgrade('an id with a NUL', '/ws/a%00', 400, 'bad-device-id'),
  upgrade('an id with a line break', '/ws/a%0D%0Ab', 400, 'bad-device-id'),
  upgrade('an id beyond ASCII', '/ws/%C5%BElu%C5%A5', 400, 'bad-device-id'),
  upgrade('an id encoded twice', '/ws/a%2541', 400, 'bad-device-id'),
  upgrade('half a percent-encoding', '/ws/a%4', 400, 'bad-request'),
  upgrade('no percent-encoding', '/ws/%zz', 400, 'bad-request'),
  upgrade('a percent-encoding that is not UTF-8', '/ws/%ff%fe', 400, 'bad-request'),
  upgrade('a path below the id', '/ws/a/b', 404, 'not-found'),
  upgrade('no id at all', '/ws', 400, 'bad-device-id'),
  upgrade('another path', '/healthz', 404, 'not-found'),
  upgrade('the page', '/', 404, 'not-found'),
  upgrade('a file of the page', '/page.js', 404, 'not-found'),
  upgrade('a way out of the folder', '/ws/../../etc/passwd', 404, 'not-found'),
  upgrade('an unknown parameter', '/ws/d?token=x', 400, 'bad-parameter'),
  upgrade('a parameter twice', '/ws/d?frames=text&frames=text', 400, 'bad-parameter'),
  upgrade('a bad value', '/ws/d?frames=', 400, 'bad-parameter'),
  upgrade('a parameter named __proto__', '/ws/d?__proto__=x', 400, 'bad-parameter'),
  upgrade('a parameter of the other mode', '/ws/d?frames=text', 400, 'bad-parameter', { 'sec-websocket-protocol': 'sluice.v1' }),
  upgrade('a session in raw mode', '/ws/d?session=s', 400, 'bad-parameter'),
  upgrade('held pongs in sluice.v1', '/ws/d?ack=pong', 400, 'bad-parameter', { 'sec-websocket-protocol': 'sluice.v1' }),
  upgrade('held pongs that are not', '/ws/d?ack=pongs', 400, 'bad-parameter'),
  upgrade('an unknown subprotocol', '/ws/d', 400, 'bad-subprotocol', { 'sec-websocket-protocol': 'mqtt, graphql-ws' }),
  upgrade('an empty subprotocol', '/ws/d', 400, 'bad-subprotocol', { 'sec-websocket-protocol': '' }),
  upgrade('a subprotocol that is none', '/ws/d', 400, 'bad-request', { 'sec-websocket-protocol': 'sluice.v1, a b' }),
  upgrade('no version', '/ws/d', 400, 'bad-request', { 'sec-websocket-version': null }),
  upgrade('version 7', '/ws/d', 400, 'bad-request', { 'sec-websocket-version': '7' }),
  upgrade('no key', '/ws/d', 400, 'bad-request', { 'sec-websocket-key': null }),
  upgrade('a short key', '/ws/d', 400, 'bad-request', { 'sec-websocket-key': 'c2hvcnQ=' }),
  upgrade('a key that is not base64', '/ws/d', 400, 'bad-request', { 'sec-websocket-key': '!'.repeat(24) }),
  upgrade('an upgrade to something else', '/ws/d', noWebSocket.status, noWebSocket.code, { upgrade: 'h2c', connection: 'upgrade, close' }),
  upgrade('an upgrade to two things', '/ws/d', noWebSocket.status, noWebSocket.code, { upgrade: 'websocket, h2c', connection: 'upgrade, close' }),
  upgrade('POST', '/ws/d', 404, 'not-found', { 'content-length': '0' }, 'POST /ws/d HTTP/1.1'),
  upgrade('PUT', '/ws/d', 404, 'not-found', {}, 'PUT /ws/d HTTP/1.1')
]

export const requests: HostileHead[] = [
  request('a plain GET', 'GET /ws/d HTTP/1.1', 426, 'upgrade-required'),
  request('POST to a socket\'s address', 'POST /ws/d HTTP/1.1', 404, 'not-found', { ...json, body: '{}' }),
  request('HTTP/1.0', 'GET /ws/d HTTP/1.0', 426, 'upgrade-required'),
  { name: 'HTTP/1.0 without a Host', bytes: 'GET /v1/devices HTTP/1.0\r\n\r\n', status: 401, code: 'unauthenticated' },
  { name: 'HTTP/1.1 without a Host', bytes: 'GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n', status: 400 },
  request('a method that is none', 'FETCH / HTTP/1.1', 400),
  request('a wrong method', 'DELETE /v1/devices HTTP/1.1', 404, 'not-found'),
  request('an unknown path', 'GET /v2/devices HTTP/1.1', 404, 'not-found'),
  request('an unknown parameter', 'GET /v1/devices?limit=1 HTTP/1.1', 400, 'bad-request'),
  request('a way out of the folder', 'GET /../package.json HTTP/1.1', 404, 'not-found'),
  request('an encoded way out', 'GET /%2e%2e/package.json HTTP/1.1', 404, 'not-found'),
  request('an encoded slash', 'GET /..%2fpackage.json HTTP/1.1', 404, 'not-found'),
  request('backslashes', 'GET /..\\package.json HTTP/1.1', 404, 'not-found'),
  request('a NUL in a file\'s name', 'GET /page.js%00.html HTTP/1.1', 400, 'bad-request'),
  request('a range of the page, which has none', 'GET / HTTP/1.1', 200, undefined, { headers: 'range: bytes=9-1\r\n' }),
  request('a page of another version', 'GET / HTTP/1.1', 400, 'bad-request', { headers: 'if-match: "other"\r\n' }),
  request('a page that has not changed since long ago', 'GET / HTTP/1.1', 400, 'bad-request', { headers: 'if-unmodified-since: Thu, 01 Jan 1970 00:00:00 GMT\r\n' }),
  request('an absolute path', 'GET //etc/passwd HTTP/1.1', 404, 'not-found'),
  request('a header with a NUL', 'GET /healthz HTTP/1.1', 400, undefined, { headers: 'x: a\0b\r\n' }),
  request('headers of 20 KB', 'GET /healthz HTTP/1.1', 431, undefined, { headers: `x: ${'x'.repeat(20_000)}\r\n` }),
  request('an address of 20 KB', `GET /${'x'.repeat(20_000)} HTTP/1.1`, 431),
  request('a header that is none', 'GET /healthz HTTP/1.1', 400, undefined, { headers: 'no colon\r\n' }),
  request('a space before the colon', 'GET /healthz HTTP/1.1', 400, undefined, { headers: 'content-length : 5\r\n', body: 'hello' }),
  request('two lengths', messages, 400, undefined, { headers: 'content-length: 10\r\ncontent-length: 11\r\n', body: '{"data":1}x' }),
  request('a length and chunks', messages, 400, undefined, { headers: 'content-length: 4\r\ntransfer-encoding: chunked\r\n', body: '5\r\nhello\r\n0\r\n\r\n' }),
  request('chunks that are not the last coding', messages, 400, undefined, { headers: 'transfer-encoding: chunked, identity\r\n', body: '0\r\n\r\n' }),
  request('a chunk whose length is none', messages, 400, undefined, { headers: 'content-type: application/json\r\ntransfer-encoding: chunked\r\n', body: 'zz\r\nhello\r\n' }),
  request('a folded header', 'GET /healthz HTTP/1.1', 400, undefined, { headers: 'x: a\r\n b\r\n' }),
  request('a body that is not JSON', messages, 400, 'bad-request', { ...json, body: '{"data":' }),
  request('no body', messages, 400, 'bad-request', { headers: 'content-type: application/json\r\ncontent-length: 0\r\n' }),
  request('a body with __proto__', messages, 400, 'bad-request', { ...json, body: '{"data":1,"__proto__":{"x":1}}' }),
  request('a body with constructor.prototype', messages, 400, 'bad-request', { ...json, body: '{"data":1,"constructor":{"prototype":{"x":1}}}' }),
  request('an unknown field', messages, 400, 'bad-request', { ...json, body: '{"data":1,"ttl":5}' }),
  request('an array', messages, 400, 'bad-request', { ...json, body: '[{"data":1}]' }),
  request('a text', messages, 400, 'bad-request', { ...json, body: '"data"' }),
  request('both kinds of value', messages, 400, 'bad-request', { ...json, body: '{"data":1,"base64":"AA=="}' }),
  request('base64 that is none', messages, 400, 'bad-request', { ...json, body: '{"base64":"A"}' }),
  request('a long event', messages, 400, 'bad-request', { ...json, body: `{"data":1,"event":"${'e'.repeat(129)}"}` }),
  request('a body nested 30,000 deep', messages, 400, 'bad-request', { ...json, body: `{"data":${'['.repeat(30_000)}${']'.repeat(30_000)}}` }),
  request('a body of 70 KB', messages, 413, 'too-large', { ...json, body: `{"data":"${'x'.repeat(70 * 1024)}"}` }),
  request('no content type', messages, 415, 'bad-content-type', { body: '{"data":1}' }),
  request('a form', messages, 415, 'bad-content-type', { headers: 'content-type: application/x-www-form-urlencoded\r\n', body: 'data=1' }),
  request('plain text', messages, 415, 'bad-content-type', { headers: 'content-type: text/plain\r\n', body: '{"data":1}' }),
  request('a bad id', 'POST /v1/devices/a%20b/messages HTTP/1.1', 400, 'bad-device-id', { ...json, body: '{"data":1}' }),
  { name: 'garbage', bytes: Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 0xff, 0xff, 0xff]), status: 400 }, // begins as TLS does
  { name: 'bytes of a Kafka client', bytes: Buffer.from([0, 0, 0, 20, 0, 18, 0, 0, 0, 0, 0, 1, 0, 4, 0x74, 0x65, 0x73, 0x74, 0, 0, 0, 0, 0, 0]), status: 400 },
  { name: 'the preface of HTTP/2', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', status: 400 }
]
