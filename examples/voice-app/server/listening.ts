import type { VoiceActivity } from './voice-activity.js'

export interface ListeningPorts {
  /** The agent is thinking or speaking. */
  agentHasFloor: () => boolean
  /** The user talked over the agent for long enough. */
  bargeIn: () => void
  speechStarted: () => void
  speechStopped: () => void
  /** A spoken turn ended that wants an answer. */
  turnSpoken: (seconds: number) => void
}

/** How long the user must talk over the agent to interrupt it, in ms. */
export const bargeInMs = 700
/** A spoken turn shorter than this is a cough, in ms. */
export const shortestTurnMs = 250
/** Syllables and short words are this far apart and still one stretch of speech, in ms. */
const continuousGapMs = 150

/**
 * Turns voice activity into turns. Speech over the agent's own is kept quiet about until it counts as
 * barge-in: to an RTVI client `user-started-speaking` while the agent speaks *is* an interruption.
 */
export function createListening(ports: ListeningPorts) {
  let announced = false
  let overMs = 0
  let gapMs = 0

  const announce = () => {
    announced = true
    ports.speechStarted()
  }

  return {
    push({ speaking, voiced, speechMs }: VoiceActivity, frameMs: number): void {
      gapMs = voiced ? 0 : gapMs + frameMs
      overMs = ports.agentHasFloor() && gapMs <= continuousGapMs ? overMs + frameMs : 0

      if (speaking) {
        const bargesIn = overMs >= bargeInMs
        if (bargesIn) {
          overMs = 0
          ports.bargeIn()
        }
        if (!announced && (bargesIn || (voiced && !ports.agentHasFloor()))) announce()
        return
      }
      if (!announced) return
      announced = false
      ports.speechStopped()
      if (speechMs >= shortestTurnMs && !ports.agentHasFloor()) ports.turnSpoken(speechMs / 1000)
    },
  }
}

export type Listening = ReturnType<typeof createListening>
