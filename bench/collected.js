/** Loaded into a server beside its own code, with --expose-gc: tells what is left in memory after a collection, to whoever asks over IPC. */
process.on('message', (message) => {
  if (message !== 'collected') return
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  process.send({ collectedBytes: heapUsed + external })
})
process.channel.unref()
