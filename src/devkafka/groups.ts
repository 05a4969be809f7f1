import { Group } from './group.ts'

export interface Committed { readonly offset: number, readonly metadata: string | null }

/** Consumer groups by name. They live in memory: after a start, members begin where a group without offsets does. */
export class Groups {
  readonly #groups = new Map<string, Group>()

  /** A group comes to be by being asked for. */
  get (name: string): Group {
    const group = this.#groups.get(name) ?? new Group()
    this.#groups.set(name, group)
    return group
  }

  find (name: string): Group | undefined { return this.#groups.get(name) }
  all (): Array<[name: string, group: Group]> { return [...this.#groups] }
  delete (name: string): boolean { return this.#groups.delete(name) }
  close (): void { for (const group of this.#groups.values()) group.close() }
}
