import { execFileSync, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { faultyKafka, without } from './faulty-kafka.ts'
import { python, withoutPython } from './python.ts'

const frames = 500

await t.test('with Python\'s websockets and no code of ours: `await (await ws.ping())`, then everything is killed: the frames are in the topic (G1)', { skip: without() || withoutPython() }, async (t) => {
  const kafka = await faultyKafka(t)
  const gateway = fork(join(import.meta.dirname, 'gateway-process.ts'), [kafka.brokers, 'up', 'down'])
  t.teardown(() => gateway.kill('SIGKILL'))
  const [origin] = await once(gateway, 'message') as [string]
  const device = spawn(python, [join(import.meta.dirname, 'awaits-pong.py'), `${origin.replace('http', 'ws')}/ws/python?ack=pong`, String(frames)], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => device.kill('SIGKILL'))
  const [said] = await once(device.stdout, 'data') as [Buffer]
  t.equal(said.toString().trimEnd(), 'stored')
  gateway.kill('SIGKILL')
  device.kill('SIGKILL')
  await kafka.kill()

  await kafka.restart()
  const read = execFileSync('kcat', ['-b', kafka.brokers, '-C', '-t', 'up', '-o', 'beginning', '-e', '-q', '-f', '%k %s\n'], { encoding: 'utf8' })
  t.same(read.trimEnd().split('\n'), Array.from({ length: frames }, (_, n) => `python frame ${n}`), 'read by kcat')
})
