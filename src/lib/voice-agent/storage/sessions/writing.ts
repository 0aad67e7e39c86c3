/**
 * State machine for writing one session: the facts, the phases, and the one step that is due. It decides; `SessionLog` acts.
 *
 * A step is derived from the facts, not from the event that changed them, so no event can be missed.
 */
export type Phase =
  /** No head and no key are known. Nothing was encrypted. */
  | 'new'
  /** Acquires the session, makes sure that it is not stored yet, and creates its key. */
  | 'opening'
  /** Encrypts and writes. */
  | 'open'
  /** Writes nothing while the session is read again. */
  | 'suspended'
  /** Writes nothing while space is freed on a full disk. */
  | 'full'
  /** Rejects all writes: the session is unreadable, deleted, or owned by another page. */
  | 'closed'

export type PhaseEvent =
  | 'open'
  | 'opened'
  | 'openFailed'
  /** The session was read. */
  | 'hydrated'
  | 'suspend'
  | 'resume'
  | 'diskFull'
  | 'spaceChecked'
  | 'close'

/** The phase after each event. Events that a phase does not list are ignored. */
const phases: Record<Phase, Partial<Record<PhaseEvent, Phase>>> = {
  new: { open: 'opening', hydrated: 'open', close: 'closed' },
  opening: { opened: 'open', openFailed: 'new', hydrated: 'open', close: 'closed' },
  open: { suspend: 'suspended', diskFull: 'full', hydrated: 'open', close: 'closed' },
  suspended: { resume: 'open', hydrated: 'open', close: 'closed' },
  full: { spaceChecked: 'open', suspend: 'suspended', hydrated: 'open', close: 'closed' },
  closed: { hydrated: 'open', close: 'closed' },
}

export function phaseAfter(phase: Phase, event: PhaseEvent): Phase {
  return phases[phase][event] ?? phase
}

/** Revisions are -1 for none. */
export interface WritingFacts {
  phase: Phase
  /** Revision of the newest snapshot. */
  staged: number
  /** Revision that must be on disk as soon as possible. */
  requested: number
  /** Revision of the newest encrypted batch that may be written. */
  ready: number
  /** Newest revision that is on disk or in a pending write. */
  issued: number
  /** Revision that could not be encrypted. The next change or request retries it. */
  failed: number
  isEncrypting: boolean
  isWriting: boolean
  /** The page may close at any moment: several writes may be pending, each with a copy in the journal. */
  isLeaving: boolean
}

export type Step = 'open' | 'encrypt' | 'write'

/** Returns the step that is due now; null if there is none. */
export function dueStep(facts: WritingFacts): Step | null {
  const { phase, staged, requested, ready, issued, failed, isEncrypting, isWriting, isLeaving } = facts
  const isUnsaved = staged > issued && staged > failed
  if (phase === 'new') return isUnsaved ? 'open' : null
  if (phase === 'open' && requested > issued && ready >= requested && (!isWriting || isLeaving))
    return 'write'
  // Encrypts all changes that are not on disk, so that they are ready if the page closes.
  const canEncrypt = phase !== 'opening' && phase !== 'closed'
  return canEncrypt && !isEncrypting && isUnsaved && ready < staged ? 'encrypt' : null
}

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

  /** Requests a write of a revision, without waiting for it. */
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
