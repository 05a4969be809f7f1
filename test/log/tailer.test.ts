import t from 'tap'
import type { Cluster } from '../../src/log/kafka/cluster.ts'
import { Tailer } from '../../src/log/kafka/tailer.ts'
import { HeldClock } from '../session/given.ts'
import { permitted } from './fake-kafka.ts'

await t.test('a leader that has moved is asked, whoever heard of it first', async t => {
  const leaders = [1, 1]
  const asked: number[] = []
  let end = (): void => {}
  const closed = new Promise<Buffer>((_resolve, reject) => { end = () => reject(new Error('closed')) })
  closed.catch(() => {})
  const cluster = {
    ...permitted,
    onRefreshed: () => {},
    refresh: async () => cluster.onRefreshed(),
    leader: (_topic: string, partition: number) => leaders[partition],
    partitions: () => leaders.length,
    send: (nodeId: number) => {
      asked.push(nodeId)
      return closed // a long poll
    },
    close: async () => end()
  }
  const tailer = new Tailer(cluster as unknown as Cluster, new HeldClock())
  t.teardown(() => tailer.close())
  tailer.follow('t', [0, 0], { chunk: () => {}, gap: () => {} })
  t.strictSame(asked, [1])
  leaders[1] = 2
  await cluster.refresh()
  t.strictSame(asked, [1, 2], 'while the first broker, which leads another partition, is still asked')
})
