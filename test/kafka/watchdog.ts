import { spawn } from 'node:child_process'

// Lines on its input are the processes to end; the last line counts. The input ends when the test process does, even
// by SIGKILL, where no exit handler would run.
const script = 'while read -r line; do pids=$line; done; [ -z "$pids" ] || kill -9 $pids; rm -rf "$1"'

export interface Watchdog {
  watch(pids: number[]): void
  /** Ends what is watched and removes the folder. */
  release(): Promise<void>
}

/** Sees to it that brokers and their data never outlive the test process, however that ends. */
export function startWatchdog (folder: string): Watchdog {
  // Detached: Ctrl-C goes to the whole group and must not take the watchdog along.
  const child = spawn('sh', ['-c', script, 'sh', folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    watch (pids) { child.stdin.write(`${pids.join(' ')}\n`) },
    async release () {
      child.stdin.end()
      await exited
    }
  }
}
