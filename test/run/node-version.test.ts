import t from 'tap'

// `npm test` runs the suite on two versions of Node; this is where it shows that it did.
const wanted = process.env.TEST_NODE
await t.test('the tests run on the Node that they were meant for', { skip: wanted === undefined && 'TEST_NODE is not set' }, async (t) => {
  t.equal(process.versions.node.split('.')[0], wanted)
})
