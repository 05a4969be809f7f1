import t from 'tap'
import { withProducer } from '../flow/kafka.ts'
import { testBroker } from '../kafka/broker.ts'
import { Onlooker } from '../positions/given.ts'
import { Chain } from './chain.ts'
import { forkGateway } from './fork-gateway.ts'
import { Commands, RawReceiver, SayingReceiver, StuckReceiver, type Receiver } from './receivers.ts'

/** `GATEWAY_KILLS=50` for the long form. */
const kills = Number(process.env.GATEWAY_KILLS ?? 3)

await t.test(`the gateway is killed with -9 under load, ${kills} times: positions are never past what was received (G4)`, async (t) => {
  const broker = await testBroker(t)
  const topics = [broker.topic('uplink'), broker.topic('downlink')] as const
  let tell = (): void => {}
  const told = (): void => tell()
  const until = async (met: () => boolean): Promise<void> => {
    while (!met()) await new Promise<void>((resolve) => { tell = resolve })
  }
  const stuck = Array.from({ length: 5 }, (_, n) => new StuckReceiver(`stuck-${n}`, told))
  const receivers: Receiver[] = [
    ...stuck,
    ...Array.from({ length: 5 }, (_, n) => new SayingReceiver(`saying-${n}`, told)),
    ...Array.from({ length: 2 }, (_, n) => new RawReceiver(`raw-${n}`, told))
  ]
  let { child, origin } = await forkGateway(broker.brokers, topics)
  t.teardown(() => child.kill('SIGKILL'))
  const onlooker = await Onlooker.on(t, broker.brokers, `${topics[1]}.positions`)
  const moves = (): number => receivers.reduce((sum, { name }) => sum + onlooker.records(`${name}/main`).filter((written) => written?.at !== undefined).length, 0)
  let unread = 0
  const written = await withProducer(broker.brokers, async (producer) => {
    const commands = new Commands(producer, topics[1], receivers)
    for (let kill = 1; kill <= kills; kill++) {
      // The first move of each says where it began. Later lives may end before anything is moved, or in the middle of it.
      const enoughMoves = moves() + 2 * receivers.length * (kill === 1 ? 1 : Math.random())
      const lives = receivers.map((device) => device.live(origin))
      await until(() => receivers.every(({ chain }) => chain.began.length === kill))
      await onlooker.until(() => moves() >= enoughMoves)
      child.kill('SIGKILL')
      for (const one of stuck) if (one.isStuck) unread += commands.written - one.chain.got
      for (const one of receivers) one.abandon()
      const codes = new Set(await Promise.all(lives))
      if (codes.size !== 1 || !codes.has(1006)) t.fail(`kill ${kill}: sockets ended with ${[...codes].join()}`)
      ;({ child, origin } = await forkGateway(broker.brokers, topics))
    }
    await commands.stop()
    return commands.written
  })
  for (const one of stuck) one.sticks = false
  const lives = receivers.map((device) => device.live(origin))
  await until(() => receivers.every(({ chain }) => chain.got === written))
  child.kill('SIGKILL')
  await Promise.all(lives)
  const chains = receivers.map(({ chain }) => chain)
  t.same(chains.flatMap(({ mistakes }) => mistakes).slice(0, 10), [], 'each connection begins no later than behind what was received on those before it, and leaves nothing out')
  t.ok(chains.some(({ began }) => (began.at(-1) as number) > (began[0] as number)), 'positions move')
  t.ok(unread > 0, 'some had stopped to read')
  const repeats = chains.reduce((sum, one) => sum + one.repeats, 0)
  t.comment(`${kills} kills, ${written} commands to each of ${receivers.length} devices, ${repeats} came again, at most ${Math.max(...chains.map(({ mostRepeats }) => mostRepeats))} on one connection; ` +
    `${moves()} moves of positions; ${unread} were under way to sockets that were not read any more`)
})

await t.test('the check finds what is past, and what is left out', async (t) => {
  const chain = new Chain('d')
  const life = (...numbers: number[]): void => {
    chain.opened()
    for (const n of numbers) chain.took(n)
  }
  life(7, 8, 9, 10)
  chain.told(8)
  life(8, 9, 10, 11)
  chain.told(11)
  t.same(chain.mistakes, [])
  t.same([chain.repeats, chain.mostRepeats, chain.began], [3, 3, [7, 8]])
  life(13, 15)
  t.same(chain.mistakes, ['d was known to have received 11, and its connection 3 began with 13', 'd was sent 15 behind 13'])
  life(16, 16)
  t.same(chain.mistakes.slice(2), ['d was known to have received 11, and its connection 4 began with 16', 'd was sent 16 behind 16'])
})
