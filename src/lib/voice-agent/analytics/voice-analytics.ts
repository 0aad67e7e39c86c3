import type { UnknownAction } from '@reduxjs/toolkit'
import { startTimer } from '../../../../middleware/waiting.js'
import { VoiceAgentError, type VoiceAgentState } from '../../../../store/index.js'
import { checkObjects } from '../options/check-options.js'
import { createDailyHash } from './daily-salt.js'
import { type AnalyticsSink, createSinkQueue, type SentReport } from './delivery.js'
import { createAnalyticsFold, type Folded } from './fold.js'
import { type HeardFact, startHearing } from './hearing.js'
import type { AnalyticsHost, AnalyticsPort, AttachedAnalytics } from './port.js'

/** Options of {@link voiceAnalytics}. */
export interface AnalyticsOptions {
  /** Receivers of the reports. Each has its own queue, so that a failing one does not delay the others. */
  sinks: readonly AnalyticsSink[]
  /**
   * True if the user has agreed. Without consent, nothing is measured, stored or sent. The package does not store the choice: pass it on each
   * page load, or call `setConsent`.
   *
   * @default false
   */
  consent?: boolean
  /** Milliseconds from a report to its delivery. Reports in between join the batch. @default 10000 */
  flushMs?: number
  /**
   * Measures the latency at the ear, from the microphone's and the agent's audio. If false, these values are null and nothing listens.
   *
   * @default true
   */
  hears?: boolean
}

/** Analytics of one agent. */
export interface VoiceAnalytics extends AnalyticsPort {
  /** True while the user consents. */
  readonly consent: boolean
  /**
   * Applies the user's choice. `true` starts measuring; a running call is reported from this point. `false` drops everything that was not sent
   * and deletes the day's salt, also one of an earlier page load. After the agent's disposal, only `false` has an effect.
   *
   * @throws VoiceAgentError `invalid-option` for any other value
   */
  setConsent(consent: boolean): void
  /** Sends all queued reports. Resolves when each sink is done or has failed. */
  flush(): Promise<void>
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const hasTime = (value: unknown) => isRecord(value) && typeof value.at === 'number'

/** Describes an error without its message, which may quote anything. */
const describe = (error: unknown) => {
  if (error === null) return 'no answer within 5 s.'
  if (error instanceof VoiceAgentError) return error.message
  const name = error instanceof Error && /^\w{1,40}$/.test(error.name) ? error.name : typeof error
  return `an error: ${name}.`
}

function attachAnalytics(
  host: AnalyticsHost,
  { sinks, consent, flushMs, hears }: Required<AnalyticsOptions>,
) {
  const { path, warn } = host
  const fold = createAnalyticsFold({ reducerPath: path })
  const hash = createDailyHash()
  const queues = sinks.map((sink) =>
    createSinkQueue(sink, (error) => warn({ warning: 'analytics-sink-failed', got: describe(error) })),
  )
  let isOn = false
  let isDisposed = false
  let state = fold.initial
  /** True until the first action, whose session may have started earlier. */
  let isFresh = true
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopHearing = () => {}
  let stopped = new AbortController()
  /** Resolves when all earlier reports have their hash. */
  let hashing = Promise.resolve()
  /** Reports waiting for their hash. */
  const unhashed = new Set<Folded>()

  function push({ sessionId, report }: Folded, session: string | null) {
    const sent: SentReport = { ...report, session: sessionId === null ? null : session }
    for (const queue of queues) queue.push(sent)
    timer ??= startTimer(() => void flush(), flushMs)
  }

  function enqueue(folded: Folded): void {
    const { sessionId } = folded
    const known = sessionId === null ? null : hash.get(sessionId)
    // Keeps the order: a report waits for earlier ones.
    if (unhashed.size === 0 && (sessionId === null || known !== null)) push(folded, known)
    else void pushHashed(folded)
  }

  async function pushHashed(folded: Folded): Promise<void> {
    unhashed.add(folded)
    const earlier = hashing
    const { sessionId } = folded
    const computing = (async () => {
      const computed = sessionId === null ? null : await hash.hash(sessionId)
      await earlier
      // Skipped if consent was withdrawn, or the closing page already sent it.
      if (unhashed.delete(folded)) push(folded, computed)
    })()
    hashing = computing
    await computing
  }

  async function flush(): Promise<void> {
    await hashing
    clearTimeout(timer)
    timer = undefined
    await Promise.all(queues.map((queue) => queue.flush(false)))
  }

  /** Sends all reports synchronously, because the page may be closing. */
  function flushNow(): void {
    const waiting = [...unhashed]
    unhashed.clear()
    for (const folded of waiting) push(folded, folded.sessionId === null ? null : hash.get(folded.sessionId))
    clearTimeout(timer)
    timer = undefined
    for (const queue of queues) void queue.flush(true)
  }

  function finish(): void {
    const finished = fold.finish(state, Date.now())
    state = finished.state
    isFresh = true
    for (const folded of finished.reports) enqueue(folded)
  }

  function hear({ name, payload }: HeardFact): void {
    try {
      host.dispatchSafely({ type: `${path}/${name}`, payload })
    } catch {
      // The agent is being disposed.
    }
  }

  function start(): void {
    isOn = true
    isFresh = true
    state = fold.initial
    if (hears) stopHearing = startHearing(host.watchTracks, hear, warn)
    if (typeof document === 'undefined') return
    stopped = new AbortController()
    const onLeave = () => {
      finish()
      flushNow()
    }
    window.addEventListener('pagehide', onLeave, stopped)
    const onVisibility = () => {
      // On a phone, this is a page's last event. Open turns are reported later if the page stays open.
      if (document.visibilityState === 'hidden') flushNow()
    }
    document.addEventListener('visibilitychange', onVisibility, stopped)
  }

  function stop(): void {
    isOn = false
    stopHearing()
    stopHearing = () => {}
    stopped.abort()
    clearTimeout(timer)
    timer = undefined
    state = fold.initial
  }

  /** Drops all unsent reports and the salt. */
  function drop(): void {
    clearTimeout(timer)
    timer = undefined
    unhashed.clear()
    for (const queue of queues) queue.clear()
    hash.forget()
  }

  function measure(action: UnknownAction, before: VoiceAgentState): void {
    try {
      if (isFresh) {
        isFresh = false
        state = { ...state, sessionId: before.session.id }
      }
      const folded = fold.next(state, action, Date.now())
      state = folded.state
      for (const report of folded.reports) enqueue(report)
      if (state.sessionId !== null) hash.get(state.sessionId)
    } catch (error) {
      // A failure of the reports must not affect the call. Earlier reports are still sent.
      stop()
      void flush()
      warn(error)
    }
  }

  if (consent) start()

  const attached: AttachedAnalytics = {
    stamp(action) {
      if (!isOn || hasTime(action.payload) || hasTime(action.meta)) return action
      return { ...action, meta: { ...(isRecord(action.meta) ? action.meta : {}), at: Date.now() } }
    },
    onAction(action, before) {
      if (isOn) measure(action, before)
      // This or another tab deleted all stored data.
      if (action.type === `${path}/allErased`) drop()
    },
    dispose() {
      isDisposed = true
      if (!isOn) return
      finish()
      stop()
      flushNow()
    },
  }

  return {
    attached,
    flush,
    setConsent(next: boolean) {
      if (next) {
        if (!isOn && !isDisposed) start()
        return
      }
      // Even if nothing is measured: an earlier page load may have left the salt.
      stop()
      drop()
    },
  }
}

function checkOptions({ sinks, consent, flushMs, hears }: Required<AnalyticsOptions>): void {
  const invalid = (detail: string) => new VoiceAgentError('invalid-option', `voiceAnalytics(): ${detail}`)
  if (!Array.isArray(sinks) || sinks.some((sink) => typeof sink !== 'function'))
    throw invalid('sinks must be a list of functions.')
  if (typeof consent !== 'boolean') throw invalid(`consent must be true or false; got ${typeof consent}.`)
  if (!(Number.isFinite(flushMs) && flushMs >= 0)) throw invalid('flushMs must be a number from 0.')
  if (typeof hears !== 'boolean') throw invalid('hears must be true or false.')
}

/**
 * Reports how calls went, without their content: latencies, outcomes, the network. Measures nothing before the user agrees. Pass the result as
 * an agent's option `analytics`.
 *
 * @throws VoiceAgentError `invalid-option`
 * @example
 * import { beaconSink, voiceAnalytics } from 'redux-voice-agent/analytics'
 *
 * export const analytics = voiceAnalytics({ sinks: [beaconSink('/api/voice-reports')] })
 * export const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent', analytics })
 *
 * // Once the user has agreed:
 * analytics.setConsent(true)
 */
export function voiceAnalytics(options: AnalyticsOptions): VoiceAnalytics {
  checkObjects({ 'voiceAnalytics: options': options })
  const { sinks, consent = false, flushMs = 10_000, hears = true } = options
  const resolved = { sinks, consent, flushMs, hears }
  checkOptions(resolved)
  let isAgreed = consent
  let analytics: ReturnType<typeof attachAnalytics> | null = null
  return {
    get consent() {
      return isAgreed
    },
    setConsent(next) {
      checkOptions({ ...resolved, consent: next })
      isAgreed = next
      if (analytics) analytics.setConsent(next)
      else if (!next) createDailyHash().forget()
    },
    flush: async () => analytics?.flush(),
    attach(host) {
      if (analytics)
        throw new VoiceAgentError(
          'invalid-option',
          'This voiceAnalytics() belongs to another agent. Create one for each agent.',
        )
      analytics = attachAnalytics(host, { ...resolved, consent: isAgreed })
      return analytics.attached
    },
  }
}
