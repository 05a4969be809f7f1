/** What `npm run …` begins with: the options, as `read` takes them; where it throws, the usage and the end. A signal ends the process by `exit`, and with that what it started. */
export function begin<Options> (read: (argv: readonly string[]) => Options, usage: string): Options {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  try {
    return read(process.argv.slice(2))
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}
