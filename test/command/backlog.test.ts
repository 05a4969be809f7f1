import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { Command } from './command.ts'

const kernel = '/proc/sys/net/core/somaxconn'
/** More than Node keeps, and no more than may be idle. */
const CROWD = 1_000
const skip = !existsSync(kernel) ? 'only Linux tells how many may wait' : Number(readFileSync(kernel, 'utf8')) < CROWD && `fewer than ${CROWD} may wait here`

await t.test('a crowd that comes while the process is busy finds room to wait, and is let in then', { skip }, async (t) => {
  const command = new Command(t, ['--simulate=0'], { PORT: '0', SLUICE_EMBEDDED_PORT: '0' })
  const [host = '', port] = (await command.serves()).split(':')
  command.child.kill('SIGSTOP')
  const crowd: Socket[] = []
  t.teardown(() => { for (const socket of crowd) socket.destroy() })
  const soon = AbortSignal.timeout(30_000)
  for (let n = 0; n < CROWD; n++) {
    const socket = connect({ host, port: Number(port) })
    crowd.push(socket)
    await once(socket, 'connect', { signal: soon }) // whom the kernel has no room for would wait until the process goes on
  }
  command.child.kill('SIGCONT')
  const answers = await Promise.all(crowd.map(async (socket) => {
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')
    const [answer] = await once(socket, 'data') as [Buffer]
    return answer.toString('latin1', 0, 12)
  }))
  t.same(new Set(answers), new Set(['HTTP/1.1 200']), 'each is answered')
})
