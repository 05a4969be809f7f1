import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { startAny } from './start.ts'

const installed = spawnSync('kcat', ['-V']).status === 0

async function kcat (args: string[], input = ''): Promise<string> {
  const child = spawn('kcat', args, { stdio: ['pipe', 'pipe', 'ignore'] })
  child.stdin.end(input)
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return output
}

await t.test('kcat', { skip: installed ? false : 'kcat is not installed: apt-get install kcat' }, async t => {
  const { address, topic } = await startAny(t)
  const to = await topic()
  const at = ['-b', address, '-t', to]
  const listed = await kcat([...at, '-L'])
  t.match(listed, `topic "${to}" with 1 partitions`)
  await kcat([...at, '-P', '-K:', '-z', 'gzip', '-H', 'event=start'], 'dev-1:one\ndev-2:two\n')
  await kcat([...at, '-P', '-K:', '-X', 'enable.idempotence=true'], 'dev-1:three\n')
  await kcat([...at, '-P', '-K:', '-X', `transactional.id=id-of-${to}`], 'dev-2:four\n')
  t.equal(await kcat([...at, '-C', '-e', '-q', '-f', '%k=%s@%o %h\n']),
    'dev-1=one@0 event=start\ndev-2=two@1 event=start\ndev-1=three@2 \ndev-2=four@3 \n')
  t.match(await kcat(['-b', address, '-Q', '-t', `${to}:0:0`]), `${to} [0] offset 0`)
  const grouped = await kcat(['-b', address, '-G', `group-of-${to}`, '-X', 'auto.offset.reset=earliest', '-c', '4', '-q', '-f', '%s ', to])
  t.equal(grouped, 'one two three four ')
})
