import { Type } from 'typebox'
import type { Static } from 'typebox'

/** Keywords of our own: the usual environment variable, the default on the embedded broker, what is allowed, in words, and whether it is never printed. */
export const KEYWORDS = ['env', 'embeddedDefault', 'allowed', 'secret'] as const
type More = { [Key in typeof KEYWORDS[number]]?: string | number | boolean }

const DAY = 86_400_000
const KIB = 1024
const MIB = 1024 * KIB
const GIB = 1024 * MIB
const INT16 = 32_767

const group = <const P extends Parameters<typeof Type.Object>[0]>(properties: P) =>
  Type.Object(properties, { additionalProperties: false })
const whole = (value: number, minimum: number, maximum: number, description: string, more: More = {}) =>
  Type.Integer({ default: value, minimum, maximum, description, ...more })
const yesNo = (value: boolean, description: string, more: More = {}) =>
  Type.Boolean({ default: value, description, ...more })
const oneOf = <const V extends string[]>(values: readonly [...V], value: V[number], description: string, more: More = {}) =>
  Type.Enum(values, { default: value, description, ...more })
const text = (value: string, pattern: string, allowed: string, description: string, more: More = {}) =>
  Type.String({ default: value, pattern, allowed, description, ...more })
const list = (format: string, allowed: string, description: string, more: More = {}) =>
  Type.Array(Type.String({ format }), { default: [], allowed, description, ...more })
const maybe = (allowed: string, description: string, more: More & { format?: string, pattern?: string } = {}) =>
  Type.Optional(Type.String({ minLength: 1, allowed, description, ...more }))
const secureUrl = (description: string) => maybe('an https address without user or password; http on loopback only', description, { format: 'secureUrl' })
const file = (description: string) => maybe('the path of a file', description)
/** Where a fact about the caller stands in its token. */
const claim = (value: string, description: string) => text(value, '^.{1,256}$', "a claim's name, with dots where it is nested", description)
/** Kafka's own rule for a topic's name. */
const TOPIC_PATTERN = '^(?!\\.{1,2}$)[a-zA-Z0-9._\\-]{1,249}$'
const TOPIC_ALLOWED = 'a topic name of up to 249 letters, digits, dots, underscores and hyphens'
const topic = (value: string, description: string) => text(value, TOPIC_PATTERN, TOPIC_ALLOWED, description)

export const schema = group({
  host: text('127.0.0.1', '^[a-zA-Z0-9._:%\\-]+$', 'a host name or an IP address', 'The address the server listens on.', { env: 'HOST' }),
  port: whole(8080, 0, 65_535, 'The port the server listens on; 0 takes any free one.', { env: 'PORT' }),
  logLevel: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info', 'The least severe log line that is written.', { env: 'LOG_LEVEL' }),

  kafka: group({
    brokers: list('broker', 'host:port addresses, such as kafka-1:9092', 'The Kafka brokers to ask first for the rest of the cluster.', { env: 'KAFKA_BROKERS' }),
    clientId: text('sluice', '^[a-zA-Z0-9._\\-]{1,255}$', 'up to 255 letters, digits, dots, underscores and hyphens', 'The name under which Kafka sees the gateway in its logs, quotas and metrics.'),
    createTopics: yesNo(false, 'Whether topics that are missing are created at the start.', { embeddedDefault: true }),
    partitions: whole(6, 1, 10_000, 'The number of partitions of a topic that is created.'),
    replicationFactor: Type.Optional(Type.Integer({ minimum: 1, maximum: INT16, description: "The number of replicas of a topic that is created; without it, the broker's default." })),
    connectTimeoutMs: whole(10_000, 1, DAY, 'How long the start waits for Kafka before it gives up.'),
    requestTimeoutMs: whole(5_000, 1_000, 3_600_000, 'How long one request to Kafka may take before it counts as failed.'),
    tls: group({
      enabled: yesNo(false, "Whether connections to Kafka use TLS; the brokers' certificates are always verified."),
      caFile: file("The PEM file of the authorities that Kafka's certificates are verified by; without it, those that Node trusts."),
      certFile: file("The PEM file of the gateway's own certificate, and what leads to its authority, for brokers that want one."),
      keyFile: file('The PEM file of the key of that certificate, without a passphrase.'),
      serverName: maybe('a host name', "The name that every broker's certificate must have; without it, the host by which the broker is reached.")
    }),
    sasl: group({
      mechanism: oneOf(['none', 'plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'], 'none', 'How the gateway logs in to Kafka.'),
      username: maybe('the name of a user', 'Who logs in, by plain or scram.'),
      password: maybe('a password', 'The password; better in a file.', { secret: true }),
      passwordFile: file('The file that holds the password; it is read again for each login, so that it can be changed at any time.'),
      tokenUrl: Type.Optional(Type.String({ format: 'tokenUrl', allowed: 'an https: address, or an http: one on loopback', description: 'Where oauthbearer gets its tokens, by the client-credentials grant.' })),
      clientId: maybe('the id of a client', 'Who asks for tokens there.'),
      clientSecretFile: file("The file that holds the client's secret; it is read again for each token."),
      scope: maybe('scopes, separated by spaces', 'What a token is asked for; without it, what the issuer gives by itself.')
    })
  }),

  embedded: group({
    mode: oneOf(['auto', 'always', 'never'], 'auto', 'Whether the embedded broker stands in for Kafka; auto means when no brokers are named.'),
    port: whole(19_092, 0, 65_535, 'The port of the embedded broker; 0 takes any free one.'),
    dir: Type.Optional(Type.String({ minLength: 1, allowed: 'the path of a folder', description: 'The folder in which the embedded broker keeps its records; without it, in memory.' }))
  }),

  topics: group({
    uplink: topic('sluice.uplink', 'The topic that receives what devices send.'),
    downlink: topic('sluice.downlink', 'The topic whose records are delivered to devices.'),
    positions: topic('sluice.positions', 'The compacted topic that keeps how far each device has received.'),
    revocations: topic('sluice.revocations', 'The compacted topic that keeps which tokens, keys and devices have lost their access.')
  }),

  ws: group({
    heartbeatMs: whole(30_000, 5_000, 300_000, 'How often the server pings a socket; one from which nothing came for two whole heartbeats is closed.'),
    maxFrameBytes: whole(64 * KIB, 128, 16 * MIB, 'The largest frame a client may send.'),
    outboxBytes: whole(MIB, 1, GIB, 'How much may wait for one slow reader before its socket is closed; what has just come is on top, up to twice as much.'),
    maxSockets: whole(18_000, 1, 1_000_000, 'How many sockets may be open in all.'),
    maxSocketsPerDevice: whole(100, 1, 1_000_000, 'How many sockets of one device may be open.'),
    maxSocketsPerAddress: whole(0, 0, 1_000_000, 'How many sockets may be open from one address, where an IPv6 /64 is one; 0 means as many as in all.'),
    multiple: oneOf(['all', 'newest'], 'all', 'Whether a device may have several sockets, or a new one closes those that it has on the same instance.')
  }),

  uplink: group({
    inFlight: whole(256, 1, 65_536, 'How many frames of one session may be waiting for their ack.'),
    holdBytes: whole(64 * MIB, 1, 64 * GIB, 'How much is held in all while Kafka is away.'),
    holdMs: whole(30_000, 1, DAY, 'How long a frame is held while Kafka is away before it is refused.')
  }),

  downlink: group({
    partitioner: oneOf(['murmur2', 'crc32', 'any'], 'murmur2', "How the downlink's producers choose a key's partition: murmur2 (Java), crc32 (librdkafka's default), or any; that is where a device that comes back looks for its records.")
  }),

  history: group({
    bytes: whole(64 * MIB, 0, 64 * GIB, 'How much of what the downlink brought lately is kept in memory, for devices that come back; older records are read from Kafka.')
  }),

  positions: group({
    max: whole(1_000_000, 1, 100_000_000, 'How many positions may be held in all; over it a name that is new is refused.'),
    maxPerDevice: whole(100, 1, 1_000_000, 'How many of them one device may have.'),
    retentionMs: whole(30 * DAY, 60_000, 3650 * DAY, 'How long a position is kept that no socket holds.')
  }),

  revocations: group({
    max: whole(100_000, 1, 100_000_000, 'How many revocations may be held in all; over it a new one is refused.')
  }),

  quotas: group({
    framesPerSecond: whole(20_000, 0, 10_000_000, 'How many frames a second a device may send, pings and pongs included; 0 means any number.'),
    bytesPerSecond: whole(32 * MIB, 0, 1024 * GIB, 'How many bytes a second a device may send; 0 means any number.'),
    burstMs: whole(1_000, 1, 3_600_000, 'How much a device may send at once: what its rates give in so long.'),
    file: Type.Optional(Type.String({ minLength: 1, allowed: 'the path of a file', description: 'A JSON file with more classes of rates, beside the default one that the settings above are.' }))
  }),

  drainMs: whole(20_000, 0, 3_600_000, 'How long a stop waits for frames in flight before it closes what is left.'),
  simulate: whole(0, 0, 10_000, 'The number of simulated devices that run inside the gateway.', { embeddedDefault: 5 }),

  tls: group({
    certFile: file("The PEM file with the server's certificate and the chain behind it; with it the server speaks https and wss only."),
    keyFile: file('The PEM file with the private key of that certificate.'),
    passphraseFile: file('The file with the passphrase of the private key, where it has one.'),
    minVersion: oneOf(['TLSv1.2', 'TLSv1.3'], 'TLSv1.2', 'The oldest version of TLS that is spoken.'),
    clientCaFile: file("The PEM file with the authorities that sign clients' certificates."),
    clientCertificates: oneOf(['none', 'optional', 'required'], 'none', 'Whether clients are asked for a certificate; one that is expired or not signed by those authorities is never let in.')
  }),

  auth: group({
    certificate: group({
      device: maybe('cn, san:dns or san:uri, or one of them with a template that has {device} in it once, such as san:uri:urn:device:{device}',
        "Where the device id stands in a client's certificate; without it, certificates log nobody in.", { pattern: '^(?:cn|san:dns|san:uri)(?::[^{}]*\\{device\\}[^{}]*)?$' }),
      role: text('device', '^[A-Za-z0-9._\\-]{1,64}$', 'up to 64 letters, digits, dots, underscores and hyphens', 'The role of who logs in by certificate.'),
      fingerprints: list('fingerprint', 'SHA-256 fingerprints in hex, such as openssl x509 -fingerprint -sha256 prints', 'The only certificates that may log in; none means all that the authorities sign.'),
      fingerprintsFile: file('A file with more of them, one a line, # before remarks; where it is set, what is in neither is refused.')
    }),
    anonymous: oneOf(['loopback', 'always', 'never'], 'loopback', 'Who may come without credentials; loopback means anybody while the server listens on loopback only.'),
    policyFile: file('The JSON file with the rules of what callers may do, in the place of the default ones.'),
    queryToken: yesNo(false, 'Whether a token may stand in the address of a socket (?token=), where proxies write it into their logs.'),
    keys: group({
      file: file('The JSON file with the API keys, as sluice keys create makes it; it is read anew when it changes.')
    }),
    tickets: group({
      secretFile: file('The file with the secret, of at least 32 bytes, that tickets are signed with: the same on all instances, and for nothing else. Without it there are no tickets.')
    }),
    jwt: group({
      secretFile: file('The file with the secret, of at least 32 bytes, that JWTs are signed with (HS256).'),
      publicKeyFile: file('The PEM file with the public key, or the certificate, of who signs JWTs (RS, PS, ES or EdDSA, by its kind).'),
      jwksUrl: secureUrl('The address of the key set of who signs JWTs.'),
      issuer: maybe('a text', 'Who has to have issued a JWT (iss); without it, anybody whose signature is good.'),
      audience: maybe('a text', 'Whom a JWT has to be for (aud); without it, anybody.'),
      clockToleranceMs: whole(5_000, 0, 300_000, "How far the issuer's clock may be from this server's."),
      requireExpiry: yesNo(true, 'Whether a JWT that never expires (no exp) is refused.'),
      jwksRefreshMs: whole(600_000, 10_000, DAY, 'How often the key set is fetched anew; beside that, when a token names a key that is not in it.'),
      jwksMaxAgeMs: whole(DAY, 10_000, 365 * DAY, 'How long keys are good while the key set cannot be fetched; after that nobody can log in by JWT.'),
      jwksTimeoutMs: whole(5_000, 100, 60_000, 'How long one fetch of the key set may take.')
    }),
    claims: group({
      device: claim('sub', 'The claim that is the device id.'),
      roles: claim('roles', 'The claim with the roles; a token without it has the role device.'),
      groups: claim('groups', 'The claim with the groups.'),
      events: claim('events', 'The claim with patterns of the events that may be published; a token without it may publish all that its roles allow.'),
      watch: claim('watch', 'The claim with patterns of the devices that may be watched.'),
      quota: claim('quota', 'The claim with the class of rates and quotas.')
    }),
    http: group({
      url: secureUrl('The address that is asked who a caller is.'),
      when: oneOf(['unknown', 'always'], 'unknown', 'Whether it is asked about callers whom no other login knows, or about the others too, who then need both.'),
      secretFile: file('The file with the secret, of at least 32 bytes, that is shown to it as Authorization: Bearer.'),
      passToken: yesNo(true, 'Whether it is told the token of callers whom no other login knows.'),
      timeoutMs: whole(2_000, 100, 60_000, 'How long one question may take, waiting for its turn included.'),
      cacheMs: whole(60_000, 0, DAY, 'How long an answer is good for the same question, if it says no less itself; 0 asks each time.'),
      onFailure: oneOf(['refuse', 'cached'], 'refuse', 'What happens when it does not answer as it should: callers are told to come back, or its last answer to the same question stays good until that one ends.')
    }),
    timeoutMs: whole(10_000, 1, 60_000, 'How long a login may take before the caller is refused.'),
    maxPending: whole(5_000, 1, 1_000_000, 'How many logins may be under way in all.'),
    maxPendingPerAddress: whole(2_000, 1, 1_000_000, 'How many logins from one address may be under way.'),
    maxFailures: whole(20, 1, 1_000_000, 'How many logins from one address may fail one after the other before it has to wait, twice as long each time.'),
    maxFailureWaitMs: whole(60_000, 1_000, DAY, 'The longest wait after a failed login, and the rest after which failures are forgotten.')
  }),

  audit: group({
    file: Type.Optional(Type.String({ minLength: 1, allowed: 'the path of a file', description: 'The file to which the audit log is appended; /dev/stderr is one. Without it and audit.topic there is none.' })),
    topic: Type.Optional(Type.String({ pattern: TOPIC_PATTERN, allowed: TOPIC_ALLOWED, description: 'The topic to which the audit log is appended, one record a line.' }))
  }),

  http: group({
    origins: list('origin', 'exact origins, such as https://app.example.com (no path, no default port)', "The web origins that may connect beside the page's own."),
    trustedProxies: list('address', 'IP addresses and networks, such as 10.0.0.7 or 10.0.0.0/8', "The proxies whose X-Forwarded-For says where a caller is; of all others it is the caller's word and passed over."),
    requestsPerSecond: whole(1_000, 0, 1_000_000, 'How many requests a second may come from one address, upgrades included; 0 means any number.'),
    requestBurst: whole(20_000, 1, 1_000_000, 'How many requests may come from one address at once.'),
    maxIdle: whole(1_500, 1, 1_000_000, 'How many connections may be open on which nothing is asked: those that have not sent a whole request, and those that are kept alive.'),
    maxIdlePerAddress: whole(1_000, 1, 1_000_000, 'How many of them may come from one address.')
  })
})

type DeepReadonly<T> = { readonly [K in keyof T]: T[K] extends object ? DeepReadonly<T[K]> : T[K] }

/** What the gateway runs with. A setting that has no value (`kafka.replicationFactor`, `embedded.dir`) is absent. */
export type Settings = DeepReadonly<Static<typeof schema>>

/** Some of the settings; a list is given whole. */
export type DeepPartial<T> = { readonly [K in keyof T]?: T[K] extends readonly unknown[] ? T[K] : T[K] extends object ? DeepPartial<T[K]> : T[K] }
