interface Waiter {
  revision: number
  resolve: () => void
  reject: (error: unknown) => void
}

/** Callers that wait for a revision to be on disk. A later revision includes every earlier one. */
export class RevisionWaiters {
  #waiters: Waiter[] = []
  #requested = -1

  /** Highest revision that must be written, -1 if none must be. */
  get requested(): number {
    return this.#requested
  }

  get isEmpty(): boolean {
    return this.#waiters.length === 0
  }

  /** Requests that a revision is written, without waiting for it. */
  request(revision: number): void {
    this.#requested = Math.max(this.#requested, revision)
  }

  waitFor(revision: number): Promise<void> {
    this.request(revision)
    return new Promise((resolve, reject) => this.#waiters.push({ revision, resolve, reject }))
  }

  resolveUpTo(revision: number): void {
    if (!this.isEmpty) for (const { resolve } of this.#removeUpTo(revision)) resolve()
  }

  /** Rejects waiters up to `revision`. Later revisions keep waiting, because their write is tried next. */
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
