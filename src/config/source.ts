import type { Setting } from './names.ts'

/** One value that a source gives for a setting, still to be checked. */
export interface Given {
  readonly setting: Setting
  readonly value: unknown
  /** True when it was written as text, a list with commas. */
  readonly text: boolean
  /** Where it came from, as the user wrote it: `SLUICE_PORT`, `--port`, `sluice.json`. */
  readonly origin: string
  /** What a mistake calls it: `port in sluice.json`, else the origin. */
  readonly label: string
}

/** All that one source gives; of several values for a setting the last one holds. */
export interface Source {
  readonly given: readonly Given[]
  readonly mistakes: readonly string[]
  /** True when what it gives is unknown as a whole: a file that cannot be read. */
  readonly unread?: boolean
}
