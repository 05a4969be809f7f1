const PER_E = 50
const BINS = 1200

/** Counts delays in bins of 2 %, so that those of several processes can be added up. In milliseconds. */
export class Delays {
  bins = new Array(BINS).fill(0)

  clear () { this.bins.fill(0) }

  add (ms) {
    const bin = Math.round(Math.log(Math.max(1, ms * 1000)) * PER_E)
    this.bins[Math.min(bin, BINS - 1)]++
  }
}

/** The delay in ms below which a share of all delays lies. */
export function quantile (listOfBins, share) {
  const bins = new Array(BINS).fill(0)
  for (const some of listOfBins) for (let i = 0; i < BINS; i++) bins[i] += some[i]
  let left = bins.reduce((sum, n) => sum + n, 0) * share
  for (let i = 0; i < BINS; i++) if ((left -= bins[i]) <= 0) return Math.exp(i / PER_E) / 1000
  return NaN
}
