import { pause } from '../../../../../middleware/waiting.js'
import type { Answer, Inquiry, Marks, Presence } from './presence.js'
import type { IdLocks } from './web-locks.js'

/**
 * Result of a contest for an id. `owned`: this page owns it. `shared`: a page with the same sessionStorage does. `elsewhere`:
 * another page does. `unknown`: the owner did not say.
 */
export type Outcome = 'owned' | 'shared' | 'elsewhere' | 'unknown'

/**
 * A held lock means that its page exists. It is stolen only from a page that does not answer three questions within six
 * seconds, because it is frozen or a dialog blocks it. A task of 1.5 s or a short `alert()` loses nothing.
 */
const QUESTIONS = 3
const QUESTION_MS = 2_000
/** A page that has just failed to answer three questions is asked only twice about its other ids, with less time. */
const KNOWN_SILENT = { questions: 2, ms: 1_000 }
/** If a timer is this many milliseconds late, this page itself was blocked. An answer may then be queued behind the timer. */
const OWN_DELAY_MS = 500
/** Questions after which a contest is abandoned: the owner answers and vanishes, or this page keeps being blocked. */
const MAX_QUESTIONS = 10
/** Milliseconds that another page may take to judge the same owner: as long as all of its questions. */
const JUDGE_WAIT_MS = QUESTIONS * QUESTION_MS
/** Milliseconds after which an owner must answer again, because a page that is being reloaded is gone by then. */
const CONFIRM_MS = 100
/** Milliseconds until a page counts as gone in a browser without Web Locks, where only answers show that it exists. */
const ANSWER_MS = 150

export interface ContestPorts {
  locks: IdLocks
  /** Let only one page at a time decide that an owner is gone, so that none steals from a page that has just stolen. */
  judges: IdLocks
  presence: Presence
  /** The browser's ids of pages that did not answer. */
  silentPages: Set<string>
  /** If defined, answers must be confirmed, because acting on them changes stored data. */
  marks: Marks | undefined
  /** Called synchronously when the lock is granted. */
  onOwned(): void
  /** Called after the id was taken from a silent page. */
  onTaken(): Promise<void>
}

/** Aborts with `signal`, or after `ms` milliseconds. */
function limited(signal: AbortSignal, ms: number): AbortSignal {
  const limit = new AbortController()
  void pause(ms, signal).then(() => limit.abort())
  return limit.signal
}

function outcomeOf({ seesMark }: Answer, wasMarked: boolean): Outcome {
  if (!wasMarked) return 'elsewhere'
  return seesMark === null ? 'unknown' : seesMark ? 'shared' : 'elsewhere'
}

/**
 * Acquires an id whose lock is taken, or finds its owner. Waits for the lock, because the locks of a page that was
 * reloaded or closed are released within milliseconds. Meanwhile, asks the owner.
 *
 * @param mark Name of a mark in sessionStorage, so that the owner can tell if it shares this storage; null without one.
 * @param signal Ends the contest as `unknown`.
 */
export async function contest(
  id: string,
  ports: ContestPorts,
  mark: string | null,
  signal: AbortSignal,
): Promise<Outcome> {
  const { locks, judges, presence } = ports
  const waiting = new AbortController()
  const stop = () => waiting.abort()
  signal.addEventListener('abort', stop)
  const inquiry = presence.inquire(id, mark)
  const aborted = new Promise<'unknown'>((resolve) => {
    waiting.signal.addEventListener('abort', () => resolve('unknown'))
  })
  const granted = locks.waitFor(id, waiting.signal).then((isHeld) => {
    if (isHeld) ports.onOwned()
    return isHeld
  })
  const judged = judge(id, ports, inquiry, mark, waiting.signal)
  try {
    const first = await Promise.race([granted.then((isHeld) => (isHeld ? 'owned' : judged)), judged, aborted])
    waiting.abort()
    // The owner may have released it meanwhile.
    if (first === 'owned' || (await granted)) return 'owned'
    if (first !== 'gone') return first
    if (signal.aborted) return 'unknown'
    await locks.steal(id)
    ports.onOwned()
    await ports.onTaken()
    return 'owned'
  } finally {
    waiting.abort()
    signal.removeEventListener('abort', stop)
    inquiry.close()
    void judged.then(() => judges.release(id))
  }
}

/** Asks the owner. Resolves to `gone`, holding the judge's lock, if its lock may be stolen. */
async function judge(
  id: string,
  { locks, judges, silentPages, marks }: ContestPorts,
  inquiry: Inquiry,
  mark: string | null,
  signal: AbortSignal,
): Promise<Outcome | 'gone'> {
  const owner = await locks.findHolder(id)
  const isKnownSilent = owner !== null && silentPages.has(owner)
  const { questions, ms } = isKnownSilent ? KNOWN_SILENT : { questions: QUESTIONS, ms: QUESTION_MS }
  let unanswered = 0
  for (let asked = 0; asked < MAX_QUESTIONS && !signal.aborted; asked++) {
    const start = performance.now()
    const answer = await inquiry.ask(ms)
    if (signal.aborted) break
    if (answer) {
      const confirmed = marks ? await confirm(answer, inquiry, { marks, mark, signal }) : answer
      if (confirmed) return outcomeOf(confirmed, mark !== null)
      unanswered = 0
    } else if (performance.now() - start < ms + OWN_DELAY_MS) {
      unanswered++
      if (unanswered === 1 && !(await judges.waitFor(id, limited(signal, JUDGE_WAIT_MS)))) return 'unknown'
      if (unanswered >= questions) {
        if (owner !== null) silentPages.add(owner)
        return 'gone'
      }
    }
  }
  return 'unknown'
}

interface Confirmation {
  marks: Marks
  /** The mark that the owner was asked for. */
  mark: string | null
  signal: AbortSignal
}

/**
 * Asks the owner again after a pause. Returns null if another page answers, or none. An owner that sees the first mark may be a
 * tab that was duplicated since and has a copy of it. It can't have a copy of a mark that was set after its answer.
 */
async function confirm(
  { from }: Answer,
  inquiry: Inquiry,
  { marks, mark, signal }: Confirmation,
): Promise<Answer | null> {
  await pause(CONFIRM_MS, signal)
  const freshMark = marks.put()
  // With a full sessionStorage, the first mark is better than none.
  const again = await inquiry.ask(QUESTION_MS, freshMark ?? mark)
  if (freshMark !== null) marks.remove(freshMark)
  return again?.from === from ? again : null
}

/** Decides by answers alone, for a browser without Web Locks. */
export async function ask(id: string, presence: Presence, mark: string | null): Promise<Outcome> {
  const inquiry = presence.inquire(id, mark)
  const answer = await inquiry.ask(ANSWER_MS)
  inquiry.close()
  return answer ? outcomeOf(answer, mark !== null) : 'owned'
}
