import { once } from 'node:events'
import type { Page } from 'playwright-core'
import t from 'tap'
import type { Client } from '../../src/client/client.ts'
import type * as library from '../../src/client/index.ts'
import { startGateway } from '../flow/gateway.ts'
import { oneTo, withoutRepeats } from '../fault/client-publishers.ts'
import { forkGateway } from '../fault/fork-gateway.ts'
import { readDevice, write } from '../flow/kafka.ts'
import { testBroker } from '../kafka/broker.ts'
import { Proxy } from '../net/proxy.ts'
import { launchChromium, withoutChromium } from './chromium.ts'

t.setTimeout(180_000)

/** So many are on their way whenever the page is loaded anew. */
const underWay = 2_000
const lives = 4

interface Program { client: Client, acked: string[], failed: string[], heard: number[] }

/** The pages here run programs of the test, which the policy of the gateway's own page would not let in. */
const ofOurs = { bypassCSP: true }

/** A page's program, as the page runs it: `atOnce` publishes are on their way, and no more come, or one more for each that is acked. */
async function program (page: Page, life: number, atOnce: number, goesOn = false): Promise<void> {
  await page.evaluate(async ({ life, atOnce, goesOn }) => {
    // Named at run time: the gateway has the files, and the compiler does not.
    const load = async (file: string): Promise<Record<string, (...args: unknown[]) => unknown>> => await import(file)
    const { connect } = await load('/client.js')
    const { indexedDbStore } = await load('/client-indexeddb.js')
    const client = connect?.('/ws/reloaded', { store: indexedDbStore?.('page'), minRetryMs: 50 }) as Client
    const program: Program = { client, acked: [], failed: [], heard: [] }
    Object.assign(globalThis, { program })
    client.on('message', ({ data }) => program.heard.push(data as number))
    let published = 0
    const publish = (): void => {
      const data = `${life}.${++published}`
      client.publish(data).then(() => {
        program.acked.push(data)
        if (goesOn) publish()
      }, ({ message }: Error) => program.failed.push(message))
    }
    for (let n = 0; n < atOnce; n++) publish()
  }, { life, atOnce, goesOn })
}

function inPage<T> (page: Page, read: string): Promise<T> { return page.evaluate(`program.${read}`) }

async function until (page: Page, condition: string): Promise<void> {
  await page.waitForFunction(`program.failed.length > 0 || (${condition})`)
  const [failure] = await inPage<string[]>(page, 'failed')
  if (failure !== undefined) throw new Error(failure)
}

await t.test('a page is loaded anew in mid-publish: nothing is lost, nothing doubled (G2, G3)', { skip: withoutChromium }, async (t) => {
  const broker = await testBroker(t)
  const gateway = await startGateway(t, broker)
  const browser = await launchChromium()
  t.teardown(() => browser.close())
  const page = await browser.newPage(ofOurs)
  const acked: string[] = []
  let session = ''
  for (let life = 1; life <= lives; life++) {
    await page.goto(`${gateway.origin}/healthz`)
    await (life === lives ? program(page, life, 10) : program(page, life, underWay, true))
    await until(page, 'program.acked.length > 0')
    const own = await inPage<string>(page, 'client.session')
    if (session !== '') t.equal(own, session, 'the session outlives the page')
    session = own
    if (life === lives) break
    const soFar = await inPage<string[]>(page, 'acked')
    t.equal(await inPage<number>(page, 'client.pending'), underWay, `${soFar.length} are acked, and more is on its way`)
    acked.push(...soFar)
  }
  await until(page, 'program.client.pending === 0 && program.acked.length === 10')
  acked.push(...await inPage<string[]>(page, 'acked'))

  const stored = await readDevice(broker.brokers, gateway.uplink, 'reloaded')
  const [byLife, repeats] = livesOf(stored.map(({ headers, value }) => ({ id: String(headers['sluice-id']), data: JSON.parse(String(value)) as string })), session)
  t.comment(`${stored.length} records, ${repeats} of them repeats, hold ${byLife.flat().length} publishes; ${acked.length} were acked to a page`)
  for (const [n, numbers] of byLife.entries()) t.same(numbers, numbers.map((_, at) => at + 1), `life ${n + 1}: ${numbers.length} in order, none missing, each once`)
  t.equal(byLife.length, lives)
  const kept = new Set(byLife.flatMap((numbers, n) => numbers.map((number) => `${n + 1}.${number}`)))
  t.same(acked.filter((data) => !kept.has(data)), [], 'nothing that was acked is missing')
  t.ok(kept.size > acked.length, 'and what was not acked to a page that is gone went out from the next')
})

interface Publisher { client: Client, acked: number, failed: string[], whys: string[], published: number, stopped: boolean }

/** Publishes 1, 2, 3 … without pause, some at a time, whatever becomes of the connection. For the page time runs faster, so heartbeats of 30 s take 1.5. */
async function publishing (page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { setTimeout } = globalThis
    const faster = 20
    Object.assign(globalThis, { setTimeout: (fn: () => void, ms = 0) => setTimeout(fn, ms / faster) })
    const file = '/client.js'
    const { connect } = await import(file) as typeof library
    const client = connect('/ws/networked', { minRetryMs: 2_000, maxRetryMs: 20_000 })
    const program: Publisher = { client, acked: 0, failed: [], whys: [], published: 0, stopped: false }
    Object.assign(globalThis, { program })
    client.on('connecting', ({ why }) => { if (why !== undefined) program.whys.push(why) })
    const publish = async (): Promise<void> => {
      while (!program.stopped) {
        await client.publish(++program.published).then(() => { program.acked += 1 }, ({ message }: Error) => program.failed.push(message))
      }
    }
    for (let n = 0; n < 20; n++) void publish()
  })
}

await t.test('the gateway is killed with -9 under a page, the network is cut, refuses, and goes silent: nothing is lost, nothing doubled (G2, G3)', { skip: withoutChromium }, async (t) => {
  const broker = await testBroker(t)
  const topics = [broker.topic('uplink'), broker.topic('downlink')] as const
  let gateway = await forkGateway(broker.brokers, topics)
  t.teardown(() => gateway.child.kill('SIGKILL'))
  const proxy = new Proxy()
  t.teardown(() => proxy.close())
  const toGateway = (): void => { proxy.target = Number(new URL(gateway.origin).port) }
  toGateway()
  const port = await proxy.listen()
  const browser = await launchChromium()
  t.teardown(() => browser.close())
  const page = await browser.newPage(ofOurs)
  await page.goto(`http://127.0.0.1:${port}/healthz`)
  await publishing(page)

  const acks = async (more: number): Promise<void> => await until(page, `program.acked >= ${await inPage<number>(page, 'acked') + more}`)
  const lost = async (reason: RegExp, harm: () => unknown): Promise<void> => {
    const before = await inPage<number>(page, 'whys.length')
    await harm()
    await until(page, `program.whys.slice(${before}).some((why) => ${reason}.test(why))`)
  }
  await acks(50)
  await lost(/The connection was lost/, async () => {
    gateway.child.kill('SIGKILL')
    await once(gateway.child, 'exit')
  })
  gateway = await forkGateway(broker.brokers, topics)
  toGateway()
  await acks(50)
  for (let cuts = 0; cuts < 3; cuts++) {
    await lost(/The connection was lost/, () => proxy.cut())
    await acks(50)
  }
  await lost(/The gateway does not answer/, () => proxy.close())
  await proxy.listen(port)
  await acks(50)
  await lost(/Nothing was heard for two heartbeats/, () => proxy.deafen())
  await acks(50)

  await page.evaluate('program.stopped = true')
  await until(page, 'program.acked === program.published')
  const [published, session] = [await inPage<number>(page, 'published'), await inPage<string>(page, 'client.session')]
  const records = await readDevice(broker.brokers, topics[0], 'networked')
  t.same(withoutRepeats(records, session).map(({ data }) => data), oneTo(published), `all ${published} in order, each once, in ${records.length} records`)
  t.equal(await inPage(page, 'client.state.name'), 'live')
})

await t.test('of two tabs on one store the second waits for the first', { skip: withoutChromium }, async (t) => {
  const broker = await testBroker(t)
  const gateway = await startGateway(t, broker)
  const browser = await launchChromium()
  t.teardown(() => browser.close())
  const context = await browser.newContext(ofOurs)
  const [first, second] = [await context.newPage(), await context.newPage()]
  for (const [n, page] of [first, second].entries()) {
    await page.goto(`${gateway.origin}/healthz`)
    await program(page, n + 1, 1)
    if (n === 0) await until(page, 'program.acked.length === 1')
  }
  t.equal(gateway.app.gateway.hub.sockets, 1)
  t.equal(await inPage(second, 'client.state.name'), 'connecting')
  const session = await inPage(first, 'client.session')
  await first.close()
  await until(second, 'program.acked.length === 1')
  t.equal(await inPage(second, 'client.session'), session)
  await write(broker.brokers, gateway.downlink, [{ key: 'reloaded', value: '7' }])
  await until(second, 'program.heard.length === 1')
  t.same(await inPage(second, 'heard'), [7])
})

await t.test('a page from elsewhere hears why it is not let in', { skip: withoutChromium }, async (t) => {
  const broker = await testBroker(t)
  const elsewhere = await startGateway(t, broker)
  const gateway = await startGateway(t, broker, { settings: { http: { origins: [elsewhere.origin] } } })
  const stranger = await startGateway(t, broker)
  const browser = await launchChromium()
  t.teardown(() => browser.close())
  const page = await browser.newPage(ofOurs)
  const why = async (from: string, to: string): Promise<unknown> => {
    await page.goto(`${from}/healthz`)
    return await page.evaluate(async (to) => {
      const file = '/client.js'
      const { connect } = await import(file) as typeof library
      const client = connect(to, { getToken: () => 'token' })
      return await new Promise((resolve) => client.on('closed', ({ why }) => resolve(why)))
    }, to)
  }
  t.match(await why(elsewhere.origin, `${gateway.origin}/ws/d?since=nonsense`), /^since is a cursor that this server gave/)
  t.match(await why(stranger.origin, `${gateway.origin}/ws/d`), /^The page's origin is not on this server's list/)
})

/** What a reader keeps of a session, by the page's lives; and how much of it was repeats. */
function livesOf (records: Array<{ id: string, data: string }>, session: string): [number[][], number] {
  const byLife: number[][] = []
  let highest = 0
  let repeats = 0
  for (const { id, data } of records) {
    const [from, number] = id.split(':') as [string, string]
    if (from !== session) throw new Error(`a session ${from}`)
    if (Number(number) <= highest) {
      repeats += 1
      continue
    }
    highest = Number(number)
    const [life, n] = data.split('.').map(Number) as [number, number]
    while (byLife.length < life) byLife.push([])
    byLife[life - 1]?.push(n)
  }
  return [byLife, repeats]
}
