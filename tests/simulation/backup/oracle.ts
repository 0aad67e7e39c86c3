import type { ObjectMap } from './attacks.js'

/** Texts of a device's stored conversations, by id. */
export type Texts = ReadonlyMap<string, readonly string[]>

/** Part of every text and title. */
export const CANARY = 'CANARY'

/** A copy keeps the messages of the conversation that it was made from. */
export const originalOf = (id: string) => id.split('~')[0] as string

/** Knows what users said, saw and deleted, and throws if a device or the store shows anything else. */
export class Oracle {
  /** All versions of each conversation that a user has ever seen, as JSON of the texts. */
  readonly #versions = new Map<string, Set<string>>()
  /** Texts that each device showed last, by device and original. */
  readonly #shown = new Map<string, Map<string, Set<string>>>()
  /** Texts that a device reported as backed up, by original. */
  readonly #backedUp = new Map<string, Set<string>>()
  /** Texts that users replaced. */
  readonly #retracted = new Set<string>()
  readonly deleted = new Set<string>()
  /** Includes the conversations whose deletion failed or was interrupted: it may have been stored, and take effect later. */
  readonly mayBeDeleted = new Set<string>()
  /** Texts that were said under an id after its deletion, by original. A later deletion includes them. */
  readonly #reused = new Map<string, Set<string>>()

  see(id: string, texts: readonly string[]): void {
    setOf(this.#versions, originalOf(id)).add(JSON.stringify(texts))
  }

  /** Notes that a user replaces a text. Another device may still have it. */
  retract(text: string): void {
    this.#retracted.add(text)
  }

  noteReused(id: string, texts: readonly string[]): void {
    for (const text of texts) setOf(this.#reused, originalOf(id)).add(text)
  }

  /** Notes that a user deletes a conversation, which may fail. */
  noteDeletion(id: string): void {
    this.mayBeDeleted.add(id)
    this.#reused.delete(originalOf(id))
  }

  #isExcused(original: string, text: string): boolean {
    if (this.#retracted.has(text)) return true
    const isReused = this.#reused.get(original)?.has(text)
    return !isReused && [...this.mayBeDeleted].some((id) => originalOf(id) === original)
  }

  /** A conversation changes only by what users say, and a text moves only into a copy. */
  checkDevice(device: string, sessions: Texts): void {
    const now = new Map<string, Set<string>>()
    for (const [id, texts] of sessions) {
      if (!this.#versions.get(originalOf(id))?.has(JSON.stringify(texts)))
        throw new Error(`${device} shows a version of ${id} that never existed: ${texts}`)
      for (const text of texts) setOf(now, originalOf(id)).add(text)
    }
    for (const [original, texts] of this.#shown.get(device) ?? [])
      for (const text of texts)
        if (!now.get(original)?.has(text) && !this.#isExcused(original, text))
          throw new Error(`${device} has lost ${text} of ${original}.`)
    for (const [original, texts] of this.#shown.get(device) ?? [])
      for (const text of texts) setOf(now, original).add(text)
    this.#shown.set(device, now)
  }

  /** Forgets what a device showed, because its disk was restored from an image. */
  forgetDevice(device: string): void {
    this.#shown.delete(device)
  }

  noteBackedUp(sessions: Texts): void {
    for (const [id, texts] of sessions)
      for (const text of texts) setOf(this.#backedUp, originalOf(id)).add(text)
  }

  /** Nothing that was reported as backed up is missing, and nothing deleted is back. */
  checkRestored(sessions: Texts): void {
    const here = new Set([...sessions.values()].flat())
    for (const [original, texts] of this.#backedUp)
      for (const text of texts)
        if (!here.has(text) && !this.#isExcused(original, text))
          throw new Error(`${text} of ${original} was backed up, but was not restored.`)
    for (const id of this.deleted) if (sessions.has(id)) throw new Error(`${id} was deleted, and is back.`)
  }
}

/** @throws Error if the store could read anything */
export function checkSecrecy(objects: ObjectMap): void {
  for (const [name, bytes] of objects)
    if (name.includes(CANARY) || Buffer.from(bytes).includes(CANARY))
      throw new Error(`The store can read ${name}.`)
}

function setOf<K, V>(sets: Map<K, Set<V>>, key: K): Set<V> {
  const set = sets.get(key) ?? new Set()
  sets.set(key, set)
  return set
}
