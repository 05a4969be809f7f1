/** Where the CPU of a profile went: `node bench/profile.js FILE…`, for files that `--profile` wrote. */
import { readFileSync } from 'node:fs'

const SHOWN = 32

for (const file of process.argv.slice(2)) {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8'))
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const self = new Map()
  const places = new Map()
  let busyUs = 0
  samples.forEach((id, i) => {
    const { functionName, url, lineNumber } = byId.get(id).callFrame
    if (functionName === '(idle)') return
    busyUs += timeDeltas[i]
    const place = url === '' ? functionName : url.replace(/^.*\/(?:node_modules|dist)\//, '').replace(/^node:/, 'node:')
    const name = `${functionName || '(anonymous)'} ${url === '' ? '' : `${place}:${lineNumber + 1}`}`
    self.set(name, (self.get(name) ?? 0) + timeDeltas[i])
    const part = url === '' ? functionName : place.startsWith('node:') ? 'node:*' : place
    places.set(part, (places.get(part) ?? 0) + timeDeltas[i])
  })
  print(`${file}: ${(busyUs / 1e6).toFixed(2)} s busy; by function`, self, busyUs)
  print('by file', places, busyUs)
}

function print (title, shares, totalUs) {
  console.log(`\n${title}`)
  for (const [name, us] of [...shares].sort((a, b) => b[1] - a[1]).slice(0, SHOWN)) {
    console.log(`${(us / totalUs * 100).toFixed(1).padStart(6)} %  ${name}`)
  }
}
