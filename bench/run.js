/** Runs the benches and prints a table of each: `node bench/run.js --help`. */
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { someKafka } from './kafka.js'
import { options, USAGE } from './options.js'
import { table, writeSection } from './report.js'

const BENCHES = ['uplink', 'downlink', 'slow', 'memory', 'elsewhere', 'idle']
const DOCUMENT = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url))

async function main () {
  const kafka = await someKafka(options.brokers)
  try {
    for (const name of BENCHES.filter((name) => options.only.includes(name))) {
      const { [name]: bench } = await import(`./${name}.js`)
      const text = table(bench.columns, await bench.run(kafka.brokers))
      console.log(`\n${bench.title}\n\n${text}`)
      if (options.write) writeSection(DOCUMENT, name, `${text}\n\n${circumstances(bench)}`)
    }
  } finally {
    await kafka.stop()
  }
}

function circumstances ({ repeated }) {
  const processors = cpus()
  return `${new Date().toISOString().slice(0, 10)}, Node.js ${process.versions.node}, ${processors.length} × ${processors[0].model.trim()}${repeated ? `; medians of ${options.runs} runs` : ''}.`
}

if (options.help) console.log(USAGE)
else await main()
process.exit()
