import type { Page } from '../browser.js'
import { Violation } from '../world.js'

interface Name {
  title: string | null
  /** Page that gives it, as long as it waits for the answer. */
  pendingIn: Page | null
}

/** Names that sessions may have, by what pages were asked for and what they answered. */
export class Names {
  readonly #possible = new Map<string, readonly Name[]>()

  #of(sessionId: string): readonly Name[] {
    return this.#possible.get(sessionId) ?? [{ title: null, pendingIn: null }]
  }

  /**
   * Notes that a page is asked to give a session this name. If it answers that the name is saved, all earlier names are gone.
   * Names that other pages are asked for meanwhile are possible too. After a failure, the name may be saved, or not.
   */
  async request(
    sessionId: string,
    page: Page,
    { title, save }: { title: string | null; save(): Promise<void> },
  ): Promise<void> {
    const earlier = this.#of(sessionId)
    // A name that another page is still to answer may reach the disk last.
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
    throw new Violation(`${sessionId} has the name ${title}, and should have ${titles.join(' or ')}.`)
  }
}
