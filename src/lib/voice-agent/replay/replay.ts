import { configureStore, createAction, type Store, Tuple, type UnknownAction } from '@reduxjs/toolkit'
import { VoiceAgentError, type VoiceAgentState } from '../../../../store/index.js'
import { createAgentCore } from '../agent/agent-core.js'
import { scriptedTransport } from '../transports/scripted.js'
import type { WebRTCVoiceAgent } from '../webrtc/main.js'
import { momentsOf } from './moments.js'
import { type RecordedAction, readLog } from './read-log.js'
import { ReplayedAgent } from './replayed-agent.js'

/** Between two actions of a log that does not say when they were. */
const UNTIMED_STEP_MS = 200
/** A pause of a call is not sat through. */
const LONGEST_STEP_MS = 2000

/** A recorded call, at one of its moments. */
export interface Replay {
  /** For a component or a hook to show: `config={{ agent: replay.agent }}`. What it is asked for, it refuses (`not-connected`). */
  readonly agent: WebRTCVoiceAgent
  /** Holds the agent's state at the moment that is shown, and tells its listeners when it is another one. */
  readonly store: Store<Record<string, VoiceAgentState>>
  /** The agent's actions of the log, in order; an app's own are left out. */
  readonly actions: readonly UnknownAction[]
  /** How many they are. */
  readonly length: number
  /** How many of them have happened: 0 before the first. */
  readonly position: number
  /**
   * Shows the state after so many actions.
   *
   * @throws VoiceAgentError `invalid-option` outside of 0 to `length`.
   */
  goTo(position: number): void
  /** One action on. Says whether there was one. */
  next(): boolean
  /**
   * Goes on to the end, as fast as it happened; pauses are cut to two seconds, and a log without times goes 200 ms by 200 ms.
   *
   * @param options.speed How many times as fast. @default 1
   * @returns resolves at the end, or when stopped.
   * @throws VoiceAgentError `invalid-option` when `speed` is no number above 0.
   */
  play(options?: { speed?: number }): Promise<void>
  /** Stays at the moment that is shown. */
  stop(): void
}

function stepMs({ at }: RecordedAction, before: RecordedAction | undefined): number {
  if (at === null || before === undefined || before.at === null) return UNTIMED_STEP_MS
  return Math.min(Math.max(0, at - before.at), LONGEST_STEP_MS)
}

/**
 * Shows a recorded call without a server: the log goes through the package's reducer, and through no middleware, so that no microphone is
 * opened, nobody is called and nothing is stored. What counts seconds, such as the duration, counts by the clock of today.
 *
 * @param log What Redux DevTools exports, as text or parsed (`actionsById` with `committedState`, or `payload` with `preloadedState`; what
 *   was skipped there stays left out), or a plain list of actions.
 * @param options How it was recorded.
 * @param options.reducerPath Where the agent was mounted. @default 'voiceAgent'
 * @throws VoiceAgentError `invalid-option` when there is no such log in it, or nothing of the agent's.
 * @example
 * const recorded = replay(await readFile('call.json', 'utf8'))
 * render(<WebRTCVoiceAssistant config={{ agent: recorded.agent }} />)
 * recorded.goTo(recorded.length)
 */
export function replay(log: unknown, { reducerPath = 'voiceAgent' }: { reducerPath?: string } = {}): Replay {
  const { start, actions: all } = readLog(log)
  const recorded = all.filter(({ action }) => action.type.startsWith(`${reducerPath}/`))
  if (recorded.length === 0) {
    throw new VoiceAgentError(
      'invalid-option',
      `There is no action of a voice agent under ${reducerPath} in this log: replay(log, { reducerPath }) says where it was.`,
    )
  }
  const actions = recorded.map(({ action }) => action)
  const options = {
    apiEndpoint: '/',
    transport: scriptedTransport(),
    persistence: false as const,
    reducerPath,
  }
  const core = createAgentCore(options)
  const moments = momentsOf(start, actions, core.reducer, reducerPath)

  const shown = createAction<number>('replay/shown')
  const first = moments[0] as VoiceAgentState
  const store = configureStore({
    reducer: {
      [reducerPath]: (state: VoiceAgentState = first, action: UnknownAction) =>
        shown.match(action) ? (moments[action.payload] ?? state) : state,
    },
    middleware: () => new Tuple(),
    devTools: false,
  })
  const agent = new ReplayedAgent(options, core, store)
  let position = 0
  let halt: (() => void) | null = null

  function goTo(wanted: number): void {
    if (!Number.isInteger(wanted) || wanted < 0 || wanted > actions.length)
      throw new VoiceAgentError('invalid-option', `A position is a whole number from 0 to ${actions.length}.`)
    position = wanted
    store.dispatch(shown(wanted))
  }

  function next(): boolean {
    if (position === actions.length) return false
    goTo(position + 1)
    return true
  }

  const stop = () => halt?.()

  async function play({ speed = 1 }: { speed?: number } = {}): Promise<void> {
    if (!(speed > 0))
      throw new VoiceAgentError('invalid-option', `A speed is a number above 0, not ${speed}.`)
    stop()
    await new Promise<void>((resolve) => {
      let timer: ReturnType<typeof setTimeout>
      const end = () => {
        clearTimeout(timer)
        halt = null
        resolve()
      }
      const wait = () => {
        const upcoming = recorded[position]
        if (!upcoming) return end()
        timer = setTimeout(
          () => {
            next()
            wait()
          },
          stepMs(upcoming, recorded[position - 1]) / speed,
        )
      }
      halt = end
      wait()
    })
  }

  return {
    agent,
    store,
    actions,
    length: actions.length,
    get position() {
      return position
    },
    goTo,
    next,
    play,
    stop,
  }
}
