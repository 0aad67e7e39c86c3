import type { VoiceActivity } from './voice-activity.js'

export interface ListeningPorts {
  /** True while the agent thinks or speaks. */
  agentHasFloor: () => boolean
  /** Called when the user has spoken over the agent for long enough. */
  bargeIn: () => void
  speechStarted: () => void
  speechStopped: () => void
  /** Called when a spoken turn has ended. */
  turnSpoken: (seconds: number) => void
}

/** Milliseconds that the user must speak over the agent to interrupt it. */
export const bargeInMs = 700
/** Milliseconds below which speech is ignored, for example a cough. */
export const shortestTurnMs = 250
/** Milliseconds between syllables or words that still count as continuous speech. */
const continuousGapMs = 150

/**
 * Converts voice activity to turns. Speech over the agent is not reported until it counts as barge-in, because an RTVI client
 * treats `user-started-speaking` while the agent speaks as an interruption.
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
