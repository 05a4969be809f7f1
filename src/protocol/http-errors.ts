/** What the HTTP side answers instead of a result; docs/protocol.md shows the same table. */
export interface HttpError { readonly status: number, readonly message: string }

export const httpErrors = {
  'bad-device-id': { status: 400, message: 'The device id in the address is empty, longer than 128 characters, or has a character outside A-Z a-z 0-9 . _ ~ : -' },
  'bad-parameter': { status: 400, message: 'A query parameter is unknown, repeated, or has a value that it cannot have.' },
  'bad-cursor': { status: 400, message: 'since is a cursor that this server gave, a time in the past (ISO 8601), an age such as -10m, or earliest.' },
  'bad-request': { status: 400, message: 'The request cannot be read: its syntax, headers, or body are not what this address takes.' },
  'bad-subprotocol': { status: 400, message: 'None of the offered subprotocols is known; offer sluice.v1 or sluice.raw, or none for raw mode.' },
  unauthenticated: { status: 401, message: 'This server does not take callers without credentials.' },
  'bad-credentials': { status: 401, message: 'Your credentials are not good, or no longer; the message says why.' },
  forbidden: { status: 403, message: 'Your credentials are good, and do not allow this; the message says what.' },
  'bad-origin': { status: 403, message: "The page's origin is not on this server's list (http.origins)." },
  'not-found': { status: 404, message: 'There is nothing at this address.' },
  'too-slow': { status: 408, message: 'The request, or the handshake, was not there whole in time.' },
  'too-large': { status: 413, message: 'The body, or the record made of it, is larger than this server or the topic takes.' },
  'bad-content-type': { status: 415, message: "The body's content type is not one that this address takes; send application/json." },
  'upgrade-required': { status: 426, message: 'This address is a WebSocket; the upgrade would be let in.' },
  'too-many-sockets': { status: 429, message: 'This instance holds as many sockets as it may; try again later, or add an instance.' },
  'too-many-of-device': { status: 429, message: 'This device has as many sockets here as it may (ws.maxSocketsPerDevice); close one of them.' },
  'too-many-of-address': { status: 429, message: 'From your address come as many sockets as may (ws.maxSocketsPerAddress); try again later.' },
  'too-many-requests': { status: 429, message: 'From your address come more requests a second than may (http.requestsPerSecond); try again later.' },
  'too-many-logins': { status: 429, message: 'As many logins are under way as may be, in all or from your address; try again later.' },
  'too-many-failures': { status: 429, message: 'Too many logins from your address have failed; wait before the next one.' },
  'headers-too-large': { status: 431, message: "The request's headers, or its address, are larger than this server takes." },
  internal: { status: 500, message: 'The server failed in a way it did not expect; its log says more.' },
  'kafka-refused': { status: 502, message: 'Kafka refused the record for good; the message names its reason.' },
  'kafka-away': { status: 503, message: 'Kafka does not answer, and the record is certainly not stored; try again later.' },
  'not-ready': { status: 503, message: 'This instance is not serving yet, or is going away; try again, another instance may serve.' },
  'login-unavailable': { status: 503, message: 'Whether your credentials are good cannot be found out now; try again later.' },
  'positions-full': { status: 503, message: 'As many positions are held as may be (positions.max, positions.maxPerDevice), and this name is a new one.' },
  'revocations-full': { status: 503, message: 'As many revocations are held as may be (revocations.max), and this is a new one.' },
  'outcome-unknown': { status: 504, message: 'Kafka did not answer in time; the record may or may not be stored.' }
} as const satisfies Record<string, HttpError>

export type HttpErrorCode = keyof typeof httpErrors
