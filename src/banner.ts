export interface BannerFacts {
  /** host:port of the server. */
  readonly address: string
  /** Whether it speaks TLS. */
  readonly secure: boolean
  readonly brokers: readonly string[]
  readonly embedded: boolean
  readonly dir: string | undefined
  readonly simulated: number
  readonly uplink: string
  readonly downlink: string
}

/** What a newcomer reads after the start: where things are, and three lines to paste. */
export function banner ({ address, secure, brokers, embedded, dir, simulated, uplink, downlink }: BannerFacts): string {
  const s = secure ? 's' : ''
  const broker = brokers.join(',')
  const kafka = embedded
    ? `${broker} (embedded broker, records in ${dir ?? 'memory'}: for trying out, never for production)`
    : broker
  const devices = simulated === 0 ? [] : [`  Devices  ${simulated} simulated ones are running (--simulate 0 stops them)`]
  return [
    '',
    `  Page     http${s}://${address}/`,
    `  Kafka    ${kafka}`,
    ...devices,
    '',
    `  Connect a device   npx wscat -c ws${s}://${address}/ws/sensor-1`,
    `  Send to it         echo '{"led":true}' | kcat -P -b ${brokers[0]} -t ${downlink} -k sensor-1`,
    `  Read the uplink    kcat -C -b ${brokers[0]} -t ${uplink} -f '%k %s\\n'`,
    '',
    ''
  ].join('\n')
}
