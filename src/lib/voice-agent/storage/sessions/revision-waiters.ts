interface Waiter {
  revision: number
  resolve: () => void
  reject: (error: unknown) => void
}

/** Who waits for which revision to be on disk. A later revision holds every earlier one. */
export class Waiters {
  #waiters: Waiter[] = []
  #wanted = -1

  /** The highest revision that is to be written. */
  get wanted(): number {
    return this.#wanted
  }

  /** Has a revision written that nobody waits for. */
  want(revision: number): void {
    this.#wanted = Math.max(this.#wanted, revision)
  }

  until(revision: number): Promise<void> {
    this.want(revision)
    return new Promise((resolve, reject) => this.#waiters.push({ revision, resolve, reject }))
  }

  resolveUpTo(revision: number): void {
    if (this.#waiters.length > 0) for (const { resolve } of this.#take(revision)) resolve()
  }

  /** Those who wait for a later revision go on waiting: it is tried anew. */
  rejectUpTo(revision: number, error: unknown): void {
    for (const { reject } of this.#take(revision)) reject(error)
    this.#wanted = Math.max(-1, ...this.#waiters.map((waiter) => waiter.revision))
  }

  #take(revision: number): Waiter[] {
    const taken = this.#waiters.filter((waiter) => waiter.revision <= revision)
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > revision)
    return taken
  }
}
