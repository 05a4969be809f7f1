/** Why the gateway closes a socket: 4000–4499 come back, 4500–4999 do not. docs/protocol.md shows the same table. */
export interface Close { readonly code: number, readonly message: string }

export const closes = {
  draining: { code: 4000, message: 'This instance is going away; come back, another one serves.' },
  'slow-reader': { code: 4001, message: 'More waited for you than this server holds: you read too slowly, or too much came at once.' },
  'heartbeat-lost': { code: 4002, message: 'Nothing was heard from you for two heartbeats.' },
  'not-stored': { code: 4003, message: 'A raw frame was certainly not stored; the reason names why.' },
  'outcome-unknown': { code: 4004, message: 'A raw frame may or may not be stored: Kafka did not answer.' },
  internal: { code: 4005, message: 'The server failed in a way it did not expect; its log says more.' },
  expired: { code: 4006, message: 'Your credentials have expired; come back with new ones.' },
  kicked: { code: 4007, message: 'An operator has closed your sockets; you may come back.' },
  'too-many-sockets': { code: 4008, message: 'As many sockets are open as may be, here, of your device, or from your address; come back later.' },
  'slow-frame': { code: 4009, message: 'A frame that was begun was not there whole within two heartbeats.' },
  'bad-frame': { code: 4500, message: 'A frame is not one JSON object, or is nested more deeply than 64 levels.' },
  'unknown-type': { code: 4501, message: "A frame's type is missing, or not one that a client may send." },
  'binary-frame': { code: 4502, message: 'A binary frame came where text is due; in sluice.v1 bytes travel as base64.' },
  'bad-id': { code: 4503, message: 'A publish has no id from 1 to 9007199254740991, so it could not even be refused.' },
  'bad-watch': { code: 4504, message: 'A watch or unwatch names no valid device, has an unknown field, or is one too many.' },
  'name-taken': { code: 4505, message: 'Another socket of this device holds the resume name now.' },
  'bad-received': { code: 4506, message: 'A received has no cursor that this server can have given, or an unknown field.' },
  'not-permitted': { code: 4507, message: 'Your credentials do not allow this.' },
  'bad-refresh': { code: 4508, message: 'A refresh has no token of 1 to 8192 characters without spaces, or an unknown field.' },
  revoked: { code: 4509, message: 'Your token, your key, or the access of your device has been revoked.' },
  replaced: { code: 4510, message: 'A newer socket of this device has come, and this server keeps the newest alone (ws.multiple).' }
} as const satisfies Record<string, Close>

export type CloseName = keyof typeof closes

/** RFC 6455 leaves this many bytes for the reason. */
const MAX_REASON_BYTES = 123

/** `name: sentence`, cut to what a close frame can carry. `detail` takes the sentence's place. */
export function closeReason (name: CloseName, detail?: string): string {
  const reason = `${name}: ${detail ?? closes[name].message}`
  return Buffer.byteLength(reason) <= MAX_REASON_BYTES ? reason : Buffer.from(reason).subarray(0, MAX_REASON_BYTES - 3).toString().replace(/\uFFFD+$/, '') + '…'
}
