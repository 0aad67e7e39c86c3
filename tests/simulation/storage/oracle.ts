import type { StoredSession } from '../../../middleware/drivers/storage/ports.js'
import { Violation } from '../world.js'

/** A conversation at one revision, as staged by a client. */
export interface Version {
  sessionId: string
  revision: number
  parent: Version | null
  /** The known messages, in order. Fewer than `count` if some were lost. */
  texts: readonly string[]
  count: number
  /** Name given by a user. */
  title: string | null
  /** True if a page that did not have the session open renamed it, and changed nothing else. */
  isRename?: boolean
  /** Milliseconds since the start of the run, independent of the system clock. */
  stagedAt?: number
  /** Name of the page that staged it. */
  page?: string
  /** True if another page has read it, and may have changed any of its messages. */
  isShared?: boolean
}

interface KnownSession {
  id: string
  versions: Version[]
  /** The newest version that was reported as saved. It must exist from then on. */
  saved: Version | null
  /** Reasons why all or part of the session may be missing. */
  excuses: Set<'deleting' | 'deleted' | 'swept' | 'emptied' | 'unflushed' | 'planted'>
  /** A session was requested again under this id, so a key may exist without records. */
  isBegunAgain: boolean
  /** The session that this is a recovered copy of. */
  original: KnownSession | null
}

/** The expected content of the disk, computed outside the pages from their requests and the responses. */
export class Oracle {
  readonly sessions = new Map<string, KnownSession>()

  create(id: string): KnownSession {
    const session: KnownSession = {
      id,
      versions: [],
      saved: null,
      excuses: new Set(),
      original: null,
      isBegunAgain: false,
    }
    this.sessions.set(id, session)
    return session
  }

  of(id: string): KnownSession {
    const session = this.sessions.get(id)
    const original = this.sessions.get(id.split('~')[0] ?? '')
    if (!session && original) return Object.assign(this.create(id), { original })
    if (!session) throw new Violation(`There was never a session ${id}.`)
    return session
  }

  stage(version: Version): Version {
    this.of(version.sessionId).versions.push(version)
    return version
  }

  /** Notes that this version was reported as saved. */
  reportSaved(version: Version): void {
    const session = this.of(version.sessionId)
    const { saved } = session
    if (saved === null || descends(version, saved)) session.saved = version
    else if (!descends(saved, version)) {
      throw new Violation(`${nameOf(version)} was saved over ${nameOf(saved)}, which it does not include.`)
    }
  }

  /** A cleared database or a power loss may have lost data that was reported as saved. */
  excuseAll(reason: 'emptied' | 'unflushed'): void {
    for (const session of this.sessions.values()) {
      if (session.versions.length === 0) continue
      session.saved = null
      session.excuses.add(reason)
    }
  }

  /**
   * Finds the version that was read.
   *
   * @param isTaken True if another page has taken the session since, so that it may be outdated. The reader will be told.
   * @throws Violation if it never existed, or if a newer one was reported as saved
   */
  recognise(id: string, stored: StoredSession, isTaken = false): Version {
    const session = this.of(id)
    const texts = stored.messages.map(({ text }) => text)
    if (session.original && session.versions.length === 0)
      return this.#recogniseCopy(session.original, id, stored)
    // Another tab may delete the session between the reads of its head and its segments.
    if (stored.lost && !session.excuses.has('emptied') && !session.excuses.has('deleting')) {
      throw new Violation(`${id}@${stored.revision} has lost messages: ${JSON.stringify(stored.lost)}.`)
    }
    const fitting = session.versions.filter(
      (version) => version.revision === stored.revision && fits(version, stored, texts),
    )
    const { saved } = session
    const found =
      fitting.findLast((version) => saved === null || descends(version, saved)) ??
      // The new name may be the same as before.
      this.#joinRenamed(session, stored, texts) ??
      fitting.at(-1)
    if (!found) {
      const known = session.versions.filter(({ revision }) => revision === stored.revision)
      throw new Violation(
        `${id}@${stored.revision} never was: ${stored.head.title}: ${texts.join(' ')} from ${stored.firstLoadedIndex} of ${stored.head.messageCount}; known are ${known.map(({ texts, title }) => `${title}: ${texts.join(' ')}`).join(' | ')}.`,
      )
    }
    if (saved !== null && !isTaken && !descends(found, saved)) {
      throw new Violation(`${nameOf(saved)} was reported as saved, but ${nameOf(found)} was read.`)
    }
    return found
  }

  /** The page's journal continues a session that another page has only renamed: its messages, with that name. */
  #joinRenamed({ versions }: KnownSession, stored: StoredSession, texts: string[]): Version | null {
    for (const renamed of versions.filter(({ isRename }) => isRename).reverse()) {
      const { title } = renamed
      const base = beforeNames(renamed)
      const journalled = versions.findLast(
        (version) =>
          base !== null &&
          !version.isRename &&
          descends(version, base) &&
          stored.revision === Math.max(version.revision, renamed.revision + 1) &&
          fits({ ...version, title }, stored, texts),
      )
      const { revision } = stored
      if (journalled) return this.stage({ ...journalled, title, revision, parent: renamed })
    }
    return null
  }

  /** A recovered copy contains messages of its session, in their original order. */
  #recogniseCopy({ versions }: KnownSession, id: string, stored: StoredSession): Version {
    const texts = stored.messages.map(({ text }) => text)
    const isPart = versions.some((version) =>
      fits({ ...version, count: stored.head.messageCount }, { ...stored, lost: [] }, texts),
    )
    if (!isPart) throw new Violation(`${id} was recovered, but never existed: ${texts}.`)
    return this.stage(versionOf(id, stored, texts))
  }

  /** @throws Violation if a session is missing that must exist */
  checkMissing(id: string): void {
    const { saved, excuses } = this.of(id)
    if (saved !== null && excuses.size === 0) throw new Violation(`${nameOf(saved)} was saved, but is gone.`)
  }
}

/** Returns the version before the renames, if this one differs from it only in its name. */
export function beforeNames(version: Version): Version | null {
  let base: Version | null = version
  while (base?.isRename) base = base.parent
  return base
}

function versionOf(sessionId: string, { revision, head }: StoredSession, texts: string[]): Version {
  return { sessionId, revision, parent: null, texts, count: head.messageCount, title: titleOf({ head }) }
}

function fits(version: Version, { firstLoadedIndex, head, lost }: StoredSession, texts: string[]): boolean {
  if (head.messageCount !== version.count || titleOf({ head }) !== version.title) return false
  if (!lost && version.texts.length === version.count) {
    const expected = version.texts.slice(firstLoadedIndex)
    return texts.length === expected.length && expected.every((text, index) => text === texts[index])
  }
  // The remaining messages must be part of it, in the same order.
  let from = 0
  return texts.every((text) => {
    from = version.texts.indexOf(text, from) + 1
    return from > 0
  })
}

/** True if `version` is `ancestor` or descends from it. */
export function descends(version: Version, ancestor: Version): boolean {
  for (let each: Version | null = version; each; each = each.parent) if (each === ancestor) return true
  return false
}

const titleOf = ({ head }: Pick<StoredSession, 'head'>) => head.title ?? null

export const nameOf = ({ sessionId, revision }: Version) => `${sessionId}@${revision}`
