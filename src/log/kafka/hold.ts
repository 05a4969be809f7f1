/** A partition may hold so many times what is still free. */
const SHARE = 2
/** From three quarters of its share on, who appends is asked to slow down; what was read already still finds room. */
const PRESSED_AT = 0.75

/**
 * The bytes that are held for Kafka in all. No partition may take everything, nor do they have fixed parts: the bound of each
 * is a multiple of what is free (dynamic thresholds, as in the shared buffers of switches). One that Kafka does not take stops
 * at two thirds of all, two of them at two fifths each, and there is always room for the others.
 */
export class Hold {
  readonly #mostBytes: number
  bytes = 0

  constructor (mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  /** Whether a partition that holds so much may take so much more. */
  hasRoom (heldBytes: number, moreBytes: number): boolean {
    const freeBytes = this.#mostBytes - this.bytes
    return moreBytes <= freeBytes && heldBytes + moreBytes <= SHARE * freeBytes
  }

  isPressed (heldBytes: number): boolean {
    return heldBytes > PRESSED_AT * SHARE * (this.#mostBytes - this.bytes)
  }
}
