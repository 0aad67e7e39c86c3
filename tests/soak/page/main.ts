import type { StorageStatus } from '../../../store/index.js'
import { complaintsOf, judge, type Verdict } from '../judge.js'
import { type Entry, note, type Truth, truthOf } from '../truth.js'
import { createApp } from './agent.js'
import { converse } from './conversation.js'
import { readOptions } from './options.js'
import { forgetOwnTruth, keepTruth, ownTruth, truthOfSession, wentBetweenSessions } from './truth-storage.js'

/** Results of a page load. */
export interface Loaded {
  /** Null if there was nothing to compare: the first page of a conversation, or a duplicated tab. */
  verdict: Verdict | null
  /** The previous page closed after it had ended its session and before it had another, so nothing has to be restored. */
  isBetween: boolean
  /** Number of messages that the truth knew. */
  seen: number
  reason: string | null
  storage: StorageStatus
  sessionId: string | null
  /** True if the page itself returned from the back/forward cache. */
  isCached: boolean
  /** Milliseconds from the page's start until the whole conversation is loaded. */
  restoreMs: number
}

declare global {
  interface Window {
    soak: {
      loaded: Promise<Loaded>
      truth: () => Truth | null
      /** Describes a page that does not finish loading. */
      waitingFor: () => Promise<string>
    }
    /** Set by a driver that crashes the page, because sessionStorage may not survive that. */
    soakNote?: (text: string) => void
    soakTruth?: Truth
  }
}

const windowMs = 1_500
const options = readOptions(location.search)

function start(): void {
  let truth: Truth | null = null
  const isBetween = wentBetweenSessions()

  // Must be the first listener: the agent need not save anything after it.
  addEventListener('pagehide', () => {
    if (!truth) return
    truth.leftAt = Date.now()
    keepTruth(truth)
  })
  if (options.isDeaf) {
    const silence = (event: Event) => event.stopImmediatePropagation()
    for (const type of ['beforeunload', 'visibilitychange', 'freeze', 'pagehide']) {
      addEventListener(type, silence, { capture: true })
    }
  }
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted || !truth) return
    const verdict = judge(truth, app.messages(), options.seed, true)
    truth.leftAt = null
    window.soak.loaded = Promise.resolve(loadedResult(verdict, truth, true))
  })

  const app = createApp(options)
  const loadedResult = (verdict: Verdict | null, seen: Truth | null, isCached = false): Loaded => ({
    verdict,
    isBetween,
    seen: seen?.count ?? 0,
    reason: app.session().restore.reason,
    storage: app.session().storage,
    sessionId: app.session().id,
    isCached,
    restoreMs: performance.now(),
  })

  function begin(messages = app.messages()): Truth {
    const { id } = app.session()
    if (id === null) throw new Error('There is no session.')
    const begun = truthOf(id, messages)
    window.soakNote?.(JSON.stringify(begun))
    return begun
  }

  function onEntry(entry: Entry): void {
    if (!truth) return
    note(truth, entry, windowMs)
    // Entries after the page has left count only if it returns.
    if (truth.leftAt === null) keepTruth(truth)
    window.soakNote?.(JSON.stringify(entry))
  }

  async function load(): Promise<Loaded> {
    const own = ownTruth()
    const before =
      window.soakTruth ?? own ?? (options.sessionId === null ? null : truthOfSession(options.sessionId))
    let outcome = await app.sessionManager.initialize()
    const { reason } = app.session().restore
    if (reason === 'duplicated-tab') return loadedResult(null, null)
    // If nothing of it was stored, that is judged below. A stored session must be restored automatically.
    if (own && outcome.conversation !== 'restored' && reason !== 'session-missing') {
      throw new Error(`The tab's own session was not restored: ${reason}`)
    }
    if (before && app.session().id !== before.sessionId) {
      const sessions = await app.sessionManager.listSessions()
      // A session that is not listed was never saved. The judgement below covers that.
      if (sessions.some(({ id }) => id === before.sessionId)) {
        outcome = await app.sessionManager.restoreSession(before.sessionId)
        if (outcome.conversation !== 'restored')
          throw new Error(`Not restored: ${app.session().restore.reason}`)
      }
    }
    await app.take(outcome)
    const result = loadedResult(before ? judge(before, app.messages(), options.seed) : null, before)
    // A faulty conversation would show the fault again on every load.
    const isFaulty = result.verdict && complaintsOf(result.verdict, Number.POSITIVE_INFINITY).length > 0
    if (isFaulty || app.messages().length >= options.limit) {
      forgetOwnTruth()
      await app.sessionManager.createSession()
      await app.agent.connect()
    }
    truth = begin()
    keepTruth(truth)
    converse(app, options.seed, { from: app.messages().length, onEntry })
    return result
  }

  async function waitingFor(): Promise<string> {
    const silent = new Promise<string>((resolve) => setTimeout(resolve, 5_000, 'no answer'))
    return JSON.stringify({ ...app.describe(), locks: await Promise.race([navigator.locks.query(), silent]) })
  }

  window.soak = { loaded: load(), truth: () => truth, waitingFor }
}

// The query `away` is the page to navigate to and return from.
if (location.search !== '?away') start()
