/** Answers the runner's calls, and ends with it. */
export function serve (verbs) {
  process.on('message', async ({ call, verb, argument }) => {
    try {
      process.send({ call, result: await verbs[verb](argument) })
    } catch (error) {
      process.send({ call, error: error.stack })
    }
  })
  process.once('disconnect', () => process.exit())
}
