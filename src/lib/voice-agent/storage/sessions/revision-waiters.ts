interface Waiter {
  revision: number
  resolve: () => void
  reject: (error: unknown) => void
}

/** Who waits for which revision to be on disk. A later revision holds every earlier one. */
export class RevisionWaiters {
  #waiters: Waiter[] = []
  #requested = -1

  /** The highest revision that is to be written. */
  get requested(): number {
    return this.#requested
  }

  /** Has a revision written that nobody waits for. */
  request(revision: number): void {
    this.#requested = Math.max(this.#requested, revision)
  }

  waitFor(revision: number): Promise<void> {
    this.request(revision)
    return new Promise((resolve, reject) => this.#waiters.push({ revision, resolve, reject }))
  }

  resolveUpTo(revision: number): void {
    if (this.#waiters.length > 0) for (const { resolve } of this.#removeUpTo(revision)) resolve()
  }

  /** Those who wait for a later revision go on waiting: it is tried anew. */
  rejectUpTo(revision: number, error: unknown): void {
    for (const { reject } of this.#removeUpTo(revision)) reject(error)
    this.#requested = Math.max(-1, ...this.#waiters.map((waiter) => waiter.revision))
  }

  #removeUpTo(revision: number): Waiter[] {
    const removed = this.#waiters.filter((waiter) => waiter.revision <= revision)
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > revision)
    return removed
  }
}
