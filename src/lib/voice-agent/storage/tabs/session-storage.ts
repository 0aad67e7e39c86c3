import { nanoid } from '@reduxjs/toolkit'
import type { Warning } from '../../../../../middleware/warnings.js'
import { createWarn } from '../../agent/warn.js'
import type { Marks } from './presence.js'

/**
 * Names this document within its tab, stable across reloads. The name is empty for the page itself. For a frame, it
 * lists the names or positions of the frames from the top down to it.
 *
 * A frame is identified by its `name` or `id`, or else by its position among its parent's frames. In that case, it
 * becomes another realm if a frame is inserted before it.
 */
export function realmName(self: typeof globalThis = globalThis): string {
  const path: string[] = []
  let frame = self as unknown as Window
  // Each level can be read by scripts of another origin, except for names. The limit protects against a hostile `parent`.
  while (frame.parent && frame.parent !== frame && path.length < 10) {
    path.unshift(nameOf(frame) ?? `[${positionOf(frame)}]`)
    frame = frame.parent
  }
  return path.join('/')
}

function nameOf(frame: Window): string | null {
  try {
    return frame.name || frame.frameElement?.id || null
  } catch {
    // A cross-origin frame.
    return null
  }
}

function positionOf(frame: Window): number {
  const { parent } = frame
  const siblings = Array.from({ length: parent.length }, (_, index) => parent[index])
  return siblings.indexOf(frame)
}

/** Access to entries in this tab's sessionStorage. Never throws, even if the browser denies access or is out of space. */
export interface TabEntries {
  get(name: string): string | null
  /** Returns true if the value was stored. */
  set(name: string, value: string): boolean
  remove(name: string): void
}

/** Entries of one agent in this tab's sessionStorage: its slot. Without a slot, nothing is read or written. */
export interface PageStorage extends TabEntries {
  /** Lists the names that begin with `prefix`. */
  names(prefix: string): string[]
  /** Takes the next slot that no other agent of this document has. Returns false if there is none. */
  takeSlot(): boolean
  /** Lets another agent of this document take the slot. */
  releaseSlot(): void
  /** Marks that let another document detect that it shares this sessionStorage. */
  marks: Marks
}

/** Names of a tab's entries. The names of a session's journal and of its saved revision begin with `journal` and `saved`. */
export const names = {
  tab: 'tab',
  call: 'call',
  token: 'token',
  journal: 'journal:',
  saved: 'anchor:',
} as const

/** Removes the entries that duplicating a tab copied, because the original tab still uses them. */
export function removeCopies(page: PageStorage): void {
  for (const name of [names.token, ...page.names(names.journal), names.call, names.tab]) page.remove(name)
}

/** Slots per document. More agents with one database in one document are a mistake. */
const MAX_SLOTS = 16

/** Slots taken by agents of this document, by prefix. */
interface TakenSlots {
  prefixes: Set<string>
  warned: Set<string>
}

/** Slots by storage area. Stored globally, because a second copy of the package in the page must see them. */
function takenSlotsOf(area: Storage): TakenSlots {
  const global = globalThis as unknown as Record<symbol, WeakMap<Storage, TakenSlots>>
  const key = Symbol.for('redux-voice-agent.slots')
  const byArea = global[key] ?? new WeakMap()
  global[key] = byArea
  const taken = byArea.get(area) ?? { prefixes: new Set(), warned: new Set() }
  byArea.set(area, taken)
  return taken
}

/**
 * Returns the name prefix of a slot's entries. The page's own first slot adds nothing to it; the others
 * are named after their frame and numbered by agent.
 */
export function slotPrefix(databaseName: string, realm: string, number = 1): string {
  const slot = encodeURIComponent(realm) + (number > 1 ? `~${number}` : '')
  return `redux-voice-agent:${databaseName}:${slot === '' ? '' : `@${slot}:`}`
}

interface PageStorageOptions {
  /** Number of the agent among this document's agents with the same database. @default 1 */
  agentNumber?: number
  /** The tab's sessionStorage. Absent in Node; if storage is denied, reading the property throws. @default the page's own */
  area?: Storage | null
}

/** @param realm Name of this document in its tab. */
export function pageStorage(
  databaseName: string,
  realm: string,
  { agentNumber = 1, area = findSessionStorage() }: PageStorageOptions = {},
): PageStorage {
  const taken = area ? takenSlotsOf(area) : { prefixes: new Set<string>(), warned: new Set<string>() }
  const markPrefix = `redux-voice-agent:${databaseName}:mark:`
  let prefix: string | null = null
  let number = agentNumber - 1
  let hasSlot = false

  const entries = entriesOf(area)

  function warnOnce(): void {
    if (taken.warned.has(databaseName)) return
    taken.warned.add(databaseName)
    createWarn()({ warning: 'shared-database', got: `two with '${databaseName}'.` } satisfies Warning)
  }

  function releaseSlot(): void {
    if (hasSlot && prefix !== null) taken.prefixes.delete(prefix)
    hasSlot = false
  }

  return {
    takeSlot() {
      releaseSlot()
      prefix = null
      if (agentNumber > 1) warnOnce()
      while (number < MAX_SLOTS) {
        const next = slotPrefix(databaseName, realm, ++number)
        if (taken.prefixes.has(next)) {
          warnOnce()
          continue
        }
        taken.prefixes.add(next)
        prefix = next
        hasSlot = true
        return true
      }
      return false
    },
    releaseSlot() {
      releaseSlot()
      number = agentNumber - 1
    },
    get: (name) => (prefix === null ? null : entries.get(prefix + name)),
    set: (name, value) => prefix !== null && entries.set(prefix + name, value),
    remove: (name) => void (prefix !== null && entries.remove(prefix + name)),
    names: (beginning) =>
      attempt(() => (area && prefix !== null ? Object.keys(area) : []), [])
        .filter((key) => key.startsWith(prefix + beginning))
        .map((key) => key.slice(prefix?.length)),
    marks: {
      put() {
        const mark = nanoid()
        return entries.set(markPrefix + mark, '') ? mark : null
      },
      has: (mark) => attempt(() => (area ? area.getItem(markPrefix + mark) !== null : null), null),
      remove: (mark) => entries.remove(markPrefix + mark),
    },
  }
}

/** Entries that all agents of this document share, such as those of `createEncryptedStorage`. */
export function documentEntries(databaseName: string, realm: string): TabEntries {
  return entriesOf(findSessionStorage(), slotPrefix(databaseName, realm))
}

function entriesOf(area: Storage | null, prefix = ''): TabEntries {
  return {
    get: (name) => attempt(() => area?.getItem(prefix + name) ?? null, null),
    set: (name, value) =>
      attempt(() => {
        area?.setItem(prefix + name, value)
        return area !== null
      }, false),
    remove: (name) => attempt(() => area?.removeItem(prefix + name), undefined),
  }
}

/** Names of all entries of a database in this tab's sessionStorage, in any slot. */
function allNames(databaseName: string, area: Storage | null): string[] {
  const prefix = `redux-voice-agent:${databaseName}:`
  return attempt(() => (area ? Object.keys(area) : []), []).filter((key) => key.startsWith(prefix))
}

/** True if a page of this tab has journalled the session. */
export const isJournalled = (databaseName: string, sessionId: string) =>
  allNames(databaseName, findSessionStorage()).some((key) => key.includes(`:${names.journal}${sessionId}`))

/** Removes all entries of a database from this tab's sessionStorage, because the database was erased. */
export function removePageEntries(databaseName: string, area: Storage | null = findSessionStorage()): void {
  for (const key of allNames(databaseName, area)) attempt(() => area?.removeItem(key), undefined)
}

function findSessionStorage(): Storage | null {
  return attempt(() => globalThis.sessionStorage ?? null, null)
}

function attempt<T>(task: () => T, otherwise: T): T {
  try {
    return task()
  } catch {
    return otherwise
  }
}

/**
 * The highest revision of each session that this tab's last page had saved when it closed.
 *
 * It is stored in sessionStorage, to detect that the whole database was replaced by an older copy. Encryption can't detect
 * that, because the copy is authentic.
 */
export interface SavedRevisions {
  /** @param keyTime Time of the session's key: a later session with this id has another key, and starts with lower revisions. */
  set(sessionId: string, revision: number, keyTime: number): void
  /** Returns true if `revision`, read from the database, is older than the saved one under the same key. */
  isBehind(sessionId: string, revision: number, keyTime: number): boolean
  remove(sessionId: string): void
}

export function createSavedRevisions(page: PageStorage): SavedRevisions {
  return {
    set: (sessionId, revision, keyTime) => void page.set(names.saved + sessionId, `${revision} ${keyTime}`),
    isBehind(sessionId, revision, keyTime) {
      const [saved, time] = (page.get(names.saved + sessionId) ?? '').split(' ').map(Number)
      return time === keyTime && revision < Number(saved)
    },
    remove: (sessionId) => page.remove(names.saved + sessionId),
  }
}
