import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BatchHeader } from './batch.ts'
import { lockFolder } from './lock.ts'
import { Log } from './log.ts'
import { recoverSegment } from './recovery.ts'
import type { Segment } from './segment.ts'
import type { SavedTopic, Storage } from './storage.ts'
import { FileStore } from './store.ts'
import { isTopicName } from './topics.ts'

/** As Kafka names them: so the names are in the order of the offsets. */
const BASE_DIGITS = 20
const SEGMENT = '.log'

/**
 * Keeps topics in a folder:
 *
 *   lock                                  the pid of the process that has it
 *   cluster-id
 *   topics/<name>/topic.json              how many partitions, and the settings that were given
 *   topics/<name>/<partition>/<base>.log  batches as they are on the wire, from that offset on
 *   topics/<name>/<partition>/start       the first offset, if records were deleted
 *
 * A topic without its topic.json was about to be deleted, and is gone at the next start.
 */
export function openFolder (dir: string, retentionBytes: number, say: (sentence: string) => void): Storage {
  const unlock = lockFolder(dir)
  const topicsDir = join(dir, 'topics')
  mkdirSync(topicsDir, { recursive: true })
  const metaPath = (name: string): string => join(topicsDir, name, 'topic.json')
  return {
    clusterId: clusterIdOf(join(dir, 'cluster-id')),
    topics: () => {
      const names = readdirSync(topicsDir).filter(isTopicName)
      for (const name of names) if (!existsSync(metaPath(name))) rmSync(join(topicsDir, name), { recursive: true })
      return names.filter((name) => existsSync(metaPath(name))).map((name) => JSON.parse(readFileSync(metaPath(name), 'utf8')) as SavedTopic)
    },
    saveTopic: (topic) => {
      mkdirSync(join(topicsDir, topic.name), { recursive: true })
      writeWhole(metaPath(topic.name), JSON.stringify(topic))
    },
    removeTopic: (name) => {
      rmSync(metaPath(name))
      rmSync(join(topicsDir, name), { recursive: true })
    },
    openLog: (topic, partition, { tombstoneMs }, note) => openLog(join(topicsDir, topic, String(partition)), retentionBytes, tombstoneMs, note, say),
    close: unlock
  }
}

function openLog (
  dir: string, retentionBytes: number, tombstoneMs: number | undefined, note: (batch: Buffer, header: BatchHeader) => void, say: (sentence: string) => void
): Log {
  mkdirSync(dir, { recursive: true })
  const startPath = join(dir, 'start')
  const compacted = tombstoneMs !== undefined
  const pathOf = (base: number): string => join(dir, `${String(base).padStart(BASE_DIGITS, '0')}${SEGMENT}`)
  const found: Segment[] = []
  for (const name of readdirSync(dir).filter((file) => file.endsWith(SEGMENT)).sort()) {
    const base = Number(name.slice(0, BASE_DIGITS))
    const end = found.at(-1)?.next ?? base
    // After a cut in the midst of the log, what follows would leave a gap of offsets; in a compacted one there are such gaps.
    if (base < end || (base > end && !compacted)) {
      say(`${join(dir, name)} does not follow what was kept before it, and was removed.`)
      rmSync(join(dir, name))
    } else found.push(recoverSegment(join(dir, name), base, compacted, note, say))
  }
  return new Log({
    retentionBytes,
    tombstoneMs,
    store: (base) => new FileStore(pathOf(base)),
    replace: (base, bytes) => {
      writeWhole(pathOf(base), bytes)
      return new FileStore(pathOf(base))
    },
    found,
    start: existsSync(startPath) ? Number(readFileSync(startPath, 'utf8')) : 0,
    trimmed: (start) => writeWhole(startPath, String(start))
  })
}

function clusterIdOf (path: string): string {
  if (!existsSync(path)) writeWhole(path, randomBytes(16).toString('base64url'))
  return readFileSync(path, 'utf8')
}

/** Whole or not at all, whenever the process ends. */
function writeWhole (path: string, content: string | Buffer): void {
  writeFileSync(`${path}.new`, content)
  renameSync(`${path}.new`, path)
}
