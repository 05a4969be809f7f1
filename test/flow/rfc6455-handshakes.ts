export interface HandshakeCase {
  /** Of RFC 6455. */
  section: string
  name: string
  /** Headers that differ from those of the example in section 1.3; null leaves one out. */
  changes?: Record<string, string | null>
  line?: string
  status: number
  /** What the answer's headers have to be; null: it is not there. */
  answer?: Record<string, string | null>
}

export const SAMPLE_KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
/** Node 20 hands every upgrade over; Node 24 leaves what asks for no WebSocket to HTTP. */
const NO_WEBSOCKET = Number(process.versions.node.split('.')[0]) >= 24 ? 426 : 400

const NAMES = { key: 'sec-websocket-key', version: 'sec-websocket-version', protocol: 'sec-websocket-protocol', extensions: 'sec-websocket-extensions', accept: 'sec-websocket-accept' } as const
const only13 = { [NAMES.version]: '13' }
const noSocket = { [NAMES.accept]: null }

export const handshakeCases: HandshakeCase[] = [
  { section: '4.2.2', name: 'the example of section 1.3', status: 101, answer: { [NAMES.accept]: ACCEPT, upgrade: 'websocket', connection: 'Upgrade', [NAMES.protocol]: null, [NAMES.extensions]: null } },
  { section: '4.2.2', name: 'another key', changes: { [NAMES.key]: 'AAAAAAAAAAAAAAAAAAAAAA==' }, status: 101, answer: { [NAMES.accept]: 'ICX+Yqv66kxgM0FcWaLWlFLwTAI=' } },
  { section: '4.2.1', name: 'POST', line: 'POST /ws/rfc HTTP/1.1', changes: { 'content-length': '0' }, status: 404, answer: noSocket },
  { section: '4.2.1', name: 'HTTP/1.0', line: 'GET /ws/rfc HTTP/1.0', status: 400, answer: { ...only13, ...noSocket } },
  { section: '4.2.1', name: 'no Host', changes: { host: null }, status: 400, answer: noSocket },
  { section: '4.2.1', name: 'no Upgrade', changes: { upgrade: null, connection: 'close' }, status: 426, answer: { ...noSocket, upgrade: 'websocket' } },
  { section: '4.2.1', name: 'Upgrade in other letters', changes: { upgrade: 'WebSocket' }, status: 101 },
  { section: '4.2.1', name: 'Upgrade to something else', changes: { upgrade: 'h2c', connection: 'Upgrade, close' }, status: NO_WEBSOCKET, answer: noSocket },
  { section: '4.2.1', name: 'Connection without Upgrade', changes: { connection: 'close' }, status: 426, answer: noSocket },
  { section: '4.2.1', name: 'Connection with more in it, in other letters', changes: { connection: 'keep-alive, UPGRADE' }, status: 101 },
  { section: '4.2.1', name: 'no key', changes: { [NAMES.key]: null }, status: 400, answer: noSocket },
  { section: '4.2.1', name: 'a key of 15 bytes', changes: { [NAMES.key]: 'AAAAAAAAAAAAAAAAAAAA' }, status: 400, answer: noSocket },
  { section: '4.2.1', name: 'a key of 17 bytes', changes: { [NAMES.key]: 'AAAAAAAAAAAAAAAAAAAAAAA=' }, status: 400, answer: noSocket },
  { section: '4.2.1', name: 'a key that is no base64', changes: { [NAMES.key]: '!!!!!!!!!!!!!!!!!!!!!!==' }, status: 400, answer: noSocket },
  ...['0', '7', '8', '12', '14', '013', '13, 8', 'x', ''].map((version): HandshakeCase => ({ section: '4.4', name: `version ${JSON.stringify(version)}`, changes: { [NAMES.version]: version }, status: 400, answer: { ...only13, ...noSocket } })),
  { section: '4.4', name: 'no version', changes: { [NAMES.version]: null }, status: 400, answer: { ...only13, ...noSocket } },
  { section: '4.2.2', name: 'the subprotocol that is known', changes: { [NAMES.protocol]: 'mqtt, sluice.v1' }, status: 101, answer: { [NAMES.protocol]: 'sluice.v1' } },
  { section: '4.2.2', name: 'the first of two subprotocols that are known', changes: { [NAMES.protocol]: 'sluice.raw, sluice.v1' }, status: 101, answer: { [NAMES.protocol]: 'sluice.raw' } },
  { section: '4.2.2', name: 'no subprotocol that is known', changes: { [NAMES.protocol]: 'mqtt' }, status: 400, answer: noSocket },
  { section: '4.2.2', name: 'subprotocols are compared letter for letter', changes: { [NAMES.protocol]: 'SLUICE.V1' }, status: 400, answer: noSocket },
  { section: '4.2.2', name: 'a subprotocol twice', changes: { [NAMES.protocol]: 'sluice.v1, sluice.v1' }, status: 400, answer: noSocket },
  ...['permessage-deflate', 'permessage-deflate; client_max_window_bits, x-webkit-deflate-frame', 'anything'].map((extension): HandshakeCase => ({ section: '9.1', name: `no extension is taken: ${extension}`, changes: { [NAMES.extensions]: extension }, status: 101, answer: { [NAMES.extensions]: null } }))
]
