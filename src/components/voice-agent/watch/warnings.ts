import type { VoiceAgentState } from '../../../../store/index.js'

/** A problem that `callWarnings` reports to the user. */
export type CallWarning = 'silent-input' | 'slow-network' | 'nothing-heard'

/** Milliseconds of silence that raise a warning, for a microphone that has never picked up sound, and for one that has. */
const NEVER_HEARD_MS = 10_000
const NO_LONGER_HEARD_MS = 45_000
/** Mean round trip, in milliseconds, at which answers are noticeably late, and at which they no longer are. */
const SLOW_MS = 400
const FAST_MS = 300
/** Samples that are averaged, one a second. */
const SAMPLES = 8
/** Consecutive samples without sound while the agent reportedly speaks, and with sound again. */
const UNHEARD_SAMPLES = 4
const HEARD_SAMPLES = 2

/** Decides which warnings apply, each with hysteresis, so that none flickers. */
export interface CallWarnings {
  /** Processes a new network sample, once a second. `hadSound`: the microphone has picked up sound since the last one. */
  next(state: VoiceAgentState, hadSound: boolean): ReadonlySet<CallWarning>
}

export function createCallWarnings(): CallWarnings {
  const active = new Set<CallWarning>()
  let device: string | null | undefined
  let silentSince: number | null = null
  let hasSounded = false
  let unheard = 0
  let heard = 0

  const decide = (warning: CallWarning, raises: boolean, clears: boolean) => {
    if (clears) active.delete(warning)
    else if (raises) active.add(warning)
  }

  function watchInput({ connection, conversation }: VoiceAgentState, now: number, hadSound: boolean) {
    const isOpen = connection.status === 'connected' && connection.microphone === 'live'
    if (connection.microphoneId !== device) {
      device = connection.microphoneId
      hasSounded = false
      silentSince = null
    }
    // A user's turn also proves that there was sound.
    const isSounding = hadSound || conversation.turns.user.length > 0
    if (isSounding) hasSounded = true
    if (!isOpen || isSounding) silentSince = null
    else silentSince ??= now
    const limit = hasSounded ? NO_LONGER_HEARD_MS : NEVER_HEARD_MS
    decide('silent-input', silentSince !== null && now - silentSince >= limit, silentSince === null)
  }

  return {
    next(state, hadSound) {
      const { network } = state.stats
      const last = network.at(-1)
      if (!last) return active
      watchInput(state, last.at, hadSound)

      const trips = network.slice(-SAMPLES).flatMap(({ roundTripMs }) => roundTripMs ?? [])
      const mean = trips.reduce((sum, ms) => sum + ms, 0) / trips.length
      decide('slow-network', trips.length === SAMPLES && mean > SLOW_MS, !(mean >= FAST_MS))

      const isSpeaking = state.conversation.turns.isAgentSpeaking
      const isHeard = (last.bitrateReceived ?? 0) > 0
      heard = isHeard ? heard + 1 : 0
      unheard = isSpeaking && last.bitrateReceived === 0 ? unheard + 1 : 0
      decide('nothing-heard', unheard >= UNHEARD_SAMPLES, heard >= HEARD_SAMPLES)
      return active
    },
  }
}
