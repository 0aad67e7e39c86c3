import type { Page } from '../browser.js'
import { Violation } from '../world.js'

interface Name {
  title: string | null
  /** The page that requested it, until the request settles. */
  pendingIn: Page | null
}

/** Tracks the names that sessions may have, from the requests to pages and their outcomes. */
export class Names {
  readonly #possible = new Map<string, readonly Name[]>()

  #of(sessionId: string): readonly Name[] {
    return this.#possible.get(sessionId) ?? [{ title: null, pendingIn: null }]
  }

  /**
   * Notes that a page was asked to rename a session. If it reports success, all earlier names are gone. Names that other pages are
   * setting meanwhile are possible too. After a failure, the name may or may not be saved.
   */
  async request(
    sessionId: string,
    page: Page,
    { title, save }: { title: string | null; save(): Promise<void> },
  ): Promise<void> {
    const earlier = this.#of(sessionId)
    // A name that another page is still saving may reach the disk last.
    const replaced = new Set(
      earlier.filter(({ pendingIn }) => pendingIn === null || pendingIn === page || pendingIn.isDead),
    )
    const name: Name = { title, pendingIn: page }
    this.#possible.set(sessionId, [...earlier, name])
    try {
      await save()
      this.#possible.set(
        sessionId,
        this.#of(sessionId).filter((each) => !replaced.has(each)),
      )
    } finally {
      name.pendingIn = null
    }
  }

  /** @throws Violation if the session can't have this name */
  check(sessionId: string, title: string | null): void {
    const titles = this.#of(sessionId).map((name) => name.title)
    if (titles.includes(title)) return
    throw new Violation(`${sessionId} has the name ${title}; expected ${titles.join(' or ')}.`)
  }
}
