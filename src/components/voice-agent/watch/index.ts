import type { VoiceAgentState } from '../../../../store/index.js'
import type { WebRTCVoiceAgent } from '../../../lib/voice-agent/webrtc/main.js'
import type { AgentSource } from '../hooks/agent-source.js'
import type { WatchNotice } from '../notices/notice.js'
import { watchTexts } from '../texts/en-watch.js'
import { type CallWarning, createCallWarnings } from './warnings.js'

/** Longest time between the warning and the end, in milliseconds. */
const WARNING_MS = 30_000

/**
 * Measures how long the user has been idle. Warns 30 s before the end, or at half of a shorter time.
 *
 * @param onWarning Called with the time of the end, in milliseconds since the epoch; with null once the user is back.
 */
export function createIdleClock(
  timeoutMs: number,
  { onWarning, onEnd }: { onWarning: (endsAt: number | null) => void; onEnd: () => void },
) {
  const warningMs = Math.min(WARNING_MS, timeoutMs / 2)
  const quietMs = timeoutMs - warningMs
  let timer: ReturnType<typeof setTimeout> | undefined
  let isWarning = false

  function wait(ms: number, run: () => void) {
    clearTimeout(timer)
    timer = setTimeout(run, ms)
  }

  function endWarning() {
    if (isWarning) onWarning(null)
    isWarning = false
  }

  function warn() {
    isWarning = true
    // The full time, even if this timer fires late because the device slept.
    wait(warningMs, () => {
      isWarning = false
      onEnd()
    })
    onWarning(Date.now() + warningMs)
  }

  return {
    /** Restarts the clock, because the user or the agent said or did something. */
    touch() {
      wait(quietMs, warn)
      endWarning()
    },
    /** Stops the clock, for example while the agent speaks. */
    pause() {
      clearTimeout(timer)
      endWarning()
    },
  }
}

/** Options of the call watch. */
export interface CallWatchOptions {
  /** Milliseconds of user inactivity until the call ends; 0 for never. */
  idleTimeout: number
  /** Warns about silent input, a slow network, and an agent that can't be heard. */
  hasWarnings: boolean
}

interface Member extends CallWatchOptions {
  /** Window of the assistant. Any key or press in its document counts as user activity. */
  view: Window
  publish(notices: readonly WatchNotice[]): void
}

/** Each agent's watch, which all of its assistants share. */
const watches = new WeakMap<WebRTCVoiceAgent, ReturnType<typeof createWatch>>()

const userEvents = ['pointerdown', 'keydown', 'wheel'] as const

/** Picks the values that change only if the user or the agent says or does something. */
const activityOf = ({ conversation, connection }: VoiceAgentState) => [
  conversation,
  connection.status,
  connection.microphone,
  connection.talk,
  connection.volume,
  connection.speakerId,
  connection.microphoneId,
]

const toNotice =
  (warning: CallWarning, occurrence: object): WatchNotice =>
  (texts) => ({
    key: warning,
    occurrence,
    tone: 'warning',
    text: { ...watchTexts, ...texts }.callWarnings[warning],
    isDismissible: true,
  })

function createWatch(agent: WebRTCVoiceAgent, source: AgentSource) {
  const members = new Set<Member>()
  const warnings = createCallWarnings()
  const level = agent.audioLevel('microphone')
  let clock: ReturnType<typeof createIdleClock> | null = null
  let idleTimeout = 0
  let idleNotice: WatchNotice | null = null
  let shown = new Map<CallWarning, WatchNotice>()
  let before: VoiceAgentState | null = null
  let hadSound = false
  let stop = () => {}

  function publish() {
    const notices = [...(idleNotice ? [idleNotice] : []), ...shown.values()]
    for (const member of members) member.publish(notices)
  }

  function onWarning(endsAt: number | null) {
    const occurrence = {}
    idleNotice =
      endsAt === null
        ? null
        : (texts) => {
            const { idleEndsIn, keepTalking } = { ...watchTexts, ...texts }
            const seconds = Math.ceil((endsAt - Date.now()) / 1000)
            return {
              key: 'idle',
              occurrence,
              tone: 'warning',
              text: idleEndsIn(seconds),
              isUrgent: true,
              countdown: { until: endsAt, text: idleEndsIn },
              action: { label: keepTalking, run: touch },
              isDismissible: false,
            }
          }
    publish()
  }

  function touch() {
    if (before && isCounting(before)) clock?.touch()
  }

  /** While the agent works or speaks, a silent user is not idle. */
  const isCounting = ({ connection, conversation }: VoiceAgentState) =>
    connection.status === 'connected' &&
    conversation.status !== 'speaking' &&
    conversation.status !== 'processing'

  function onState() {
    const state = source.getState()
    const last = before
    before = state
    const is = activityOf(state)
    const was = last && activityOf(last)
    if (!was || is.some((value, index) => value !== was[index])) {
      if (isCounting(state)) clock?.touch()
      else clock?.pause()
    }
    if (!last || state.stats.network === last.stats.network) return
    const hasWarnings = [...members].some((member) => member.hasWarnings)
    const active = warnings.next(state, hadSound || level.get() > 0)
    hadSound = false
    if (!hasWarnings) return
    const isSame = active.size === shown.size && [...active].every((warning) => shown.has(warning))
    if (isSame) return
    shown = new Map([...active].map((warning) => [warning, shown.get(warning) ?? toNotice(warning, {})]))
    publish()
  }

  function begin() {
    const stops = [
      source.subscribe(onState),
      level.subscribe(() => {
        hadSound ||= level.get() > 0
      }),
    ]
    stop = () => {
      for (const each of stops) each()
      clock?.pause()
      watches.delete(agent)
    }
  }

  /** The shortest timeout of the agent's assistants applies. */
  function updateClock() {
    const times = [...members].map((member) => member.idleTimeout).filter((time) => time > 0)
    const next = times.length > 0 ? Math.min(...times) : 0
    if (next === idleTimeout) return
    idleTimeout = next
    clock?.pause()
    clock =
      next === 0
        ? null
        : createIdleClock(next, {
            onWarning,
            onEnd() {
              idleNotice = null
              agent.disconnect({ reason: 'idle' }).catch(() => undefined)
            },
          })
    touch()
  }

  return {
    add(member: Member): () => void {
      if (members.size === 0) begin()
      members.add(member)
      const { document } = member.view
      for (const type of userEvents) document.addEventListener(type, touch, { capture: true, passive: true })
      updateClock()
      onState()
      publish()
      return () => {
        members.delete(member)
        for (const type of userEvents) document.removeEventListener(type, touch, { capture: true })
        updateClock()
        if (members.size === 0) stop()
      }
    },
  }
}

/** Watches a call for one of the agent's assistants. Returns a function that stops watching. */
export function watchCall(source: AgentSource, member: Member): () => void {
  const { agent } = source
  if (!agent) return () => {}
  const watch = watches.get(agent) ?? createWatch(agent, source)
  watches.set(agent, watch)
  return watch.add(member)
}
