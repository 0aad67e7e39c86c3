import type { UnknownAction } from '@reduxjs/toolkit'
import { nameOf, VoiceAgentError } from '../../../../store/index.js'
import { createDailyHash } from './daily-salt.js'
import { type AnalyticsSink, createSinkQueue, type SentReport } from './delivery.js'
import { createAnalyticsFold, type Folded } from './fold.js'
import { type HeardFact, startHearing } from './hearing.js'
import type { AnalyticsHost, AnalyticsPort, AttachedAnalytics } from './port.js'

/** Options of {@link voiceAnalytics}. */
export interface AnalyticsOptions {
  /** Receivers of the reports. Each has a queue of its own, so that one that fails does not delay the others. */
  sinks: readonly AnalyticsSink[]
  /**
   * True if the user has agreed. Without consent, nothing is measured, stored or sent. The package does not remember the answer: pass it on each
   * page load, or call `setConsent`.
   *
   * @default false
   */
  consent?: boolean
  /** Milliseconds between a report and its delivery, in which other reports join the batch. @default 10000 */
  flushMs?: number
  /**
   * Measures the latency at the ear, from the sound of the microphone and of the agent. With false, these values are null, and nothing listens.
   *
   * @default true
   */
  hears?: boolean
}

/** Analytics of one agent. */
export interface VoiceAnalytics extends AnalyticsPort {
  /** True while the user agrees. */
  readonly consent: boolean
  /**
   * Takes up the user's choice. From `true` on, the agent is measured; a call that is on is reported from here. With `false`, everything that was not sent is
   * dropped, and the salt of the day is deleted.
   */
  setConsent(consent: boolean): void
  /** Sends the reports that wait. Resolves when each sink is done with them, or has failed. */
  flush(): Promise<void>
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const hasTime = (value: unknown) => isRecord(value) && typeof value.at === 'number'

/** Names an error without its message, which may quote anything. */
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
  let state = fold.initial
  /** True until the first action: its session began before. */
  let isFresh = true
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopHearing = () => {}
  let stopped = new AbortController()
  /** Resolves when all reports before have their hash. */
  let hashing = Promise.resolve()
  /** Reports that wait for their hash. */
  const unhashed = new Set<Folded>()

  function push({ sessionId, report }: Folded, session: string | null) {
    const sent: SentReport = { ...report, session: sessionId === null ? null : session }
    for (const queue of queues) queue.push(sent)
    timer ??= setTimeout(() => void flush(), flushMs)
  }

  function enqueue(folded: Folded): void {
    const { sessionId } = folded
    const known = sessionId === null ? null : hash.get(sessionId)
    // In their order: a report waits for those before it.
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
      // Withdrawn, or sent by the page that left.
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

  /** Sends what there is, synchronously: the page may not live any longer. */
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
      // The agent is being disposed of.
    }
  }

  function start(): void {
    isOn = true
    isFresh = true
    state = fold.initial
    if (hears) {
      stopHearing = startHearing(host.watchTracks, hear)
    }
    if (typeof document === 'undefined') return
    stopped = new AbortController()
    const onLeave = () => {
      finish()
      flushNow()
    }
    window.addEventListener('pagehide', onLeave, stopped)
    const onVisibility = () => {
      // On a phone, this is the last event of a page. Open turns are reported if the page stays.
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

  /** Drops everything that was not sent, and the salt. */
  function drop(): void {
    clearTimeout(timer)
    timer = undefined
    unhashed.clear()
    for (const queue of queues) queue.clear()
    hash.forget()
  }

  if (consent) start()

  const attached: AttachedAnalytics = {
    stamp(action) {
      if (!isOn || hasTime(action.payload) || hasTime(action.meta)) return action
      return { ...action, meta: { ...(isRecord(action.meta) ? action.meta : {}), at: Date.now() } }
    },
    onAction(action: UnknownAction, before) {
      if (!isOn) return
      try {
        if (isFresh) {
          isFresh = false
          state = { ...state, sessionId: before.session.id }
        }
        const folded = fold.next(state, action, Date.now())
        state = folded.state
        for (const report of folded.reports) enqueue(report)
        if (state.sessionId !== null) hash.get(state.sessionId)
        // Everything stored was deleted, by this tab or another one.
        if (nameOf(path, action) === 'allErased') drop()
      } catch (error) {
        // The call does not depend on its reports.
        stop()
        warn(error)
      }
    },
    dispose() {
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
      if (next === isOn) return
      if (next) return start()
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
 * Reports how calls went, without a word of them: latencies, outcomes, the network. Nothing is measured before the user agrees. Pass the result as
 * the option `analytics` of one agent.
 *
 * @throws VoiceAgentError `invalid-option`
 * @example
 * import { beaconSink, voiceAnalytics } from 'redux-voice-agent/analytics'
 *
 * export const analytics = voiceAnalytics({ sinks: [beaconSink('/api/voice-reports')] })
 * export const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent', analytics })
 *
 * // When the user has agreed:
 * analytics.setConsent(true)
 */
export function voiceAnalytics({
  sinks,
  consent = false,
  flushMs = 10_000,
  hears = true,
}: AnalyticsOptions): VoiceAnalytics {
  const options = { sinks, consent, flushMs, hears }
  checkOptions(options)
  let isAgreed = consent
  let analytics: ReturnType<typeof attachAnalytics> | null = null
  return {
    get consent() {
      return isAgreed
    },
    setConsent(next) {
      checkOptions({ ...options, consent: next })
      isAgreed = next
      analytics?.setConsent(next)
    },
    flush: async () => analytics?.flush(),
    attach(host) {
      if (analytics)
        throw new VoiceAgentError(
          'invalid-option',
          'This voiceAnalytics() belongs to another agent. Create one for each agent.',
        )
      analytics = attachAnalytics(host, { ...options, consent: isAgreed })
      return analytics.attached
    },
  }
}
