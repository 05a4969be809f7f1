import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { ConfigError } from '../../src/config/index.ts'
import { readQuotas } from '../../src/limits/quota-file.ts'

const path = join(t.testdir(), 'quotas.json')

function read (text: string): unknown {
  writeFileSync(path, text)
  try {
    return readQuotas(path)
  } catch (error) {
    return (error as ConfigError).mistakes
  }
}

const gold = { framesPerSecond: 100, bytesPerSecond: 0, burstMs: 2000 }

await t.test('classes are read', async t => {
  t.strictSame(read(JSON.stringify({ gold, default: gold })), { gold, default: gold })
})

await t.test('mistakes are told, all at once', async t => {
  t.match(read('{'), ['quotas.file']) // the path is told, and nothing of what stands there
  t.match(read('[]'), [/is not a JSON object of classes/])
  t.match(read('null'), [/is not a JSON object of classes/])
  t.strictSame(read(JSON.stringify({ 'a b': gold, gold: 1, silver: { ...gold, burst: 1 }, lead: { framesPerSecond: -1, bytesPerSecond: 1.5 } })), [
    'quotas.file has a class with the name "a b"; it must be 1 to 64 characters of A-Z a-z 0-9 . _ ~ : -',
    'quotas.file: gold is not an object with framesPerSecond, bytesPerSecond, burstMs',
    'quotas.file: silver has no member "burst"',
    'quotas.file: framesPerSecond of lead must be a whole number from 0 to 10000000',
    'quotas.file: bytesPerSecond of lead must be a whole number from 0 to 1099511627776',
    'quotas.file: burstMs of lead must be a whole number from 1 to 3600000'
  ])
  t.match(read(JSON.stringify(Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [`c${n}`, gold])))), ['quotas.file has more than 1000 classes'])
  t.throws(() => readQuotas(join(path, 'none')), /quotas.file cannot be read: /)
})
