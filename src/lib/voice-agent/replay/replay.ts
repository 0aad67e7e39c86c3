import {
  configureStore,
  createAction,
  type Reducer,
  type Store,
  Tuple,
  type UnknownAction,
} from '@reduxjs/toolkit'
import { completeState, VoiceAgentError, type VoiceAgentState } from '../../../../store/index.js'
import { type AgentCore, createAgentCore } from '../agent/agent-core.js'
import type { VoiceAgentOptions } from '../options/options.js'
import { scriptedTransport } from '../transports/scripted.js'
import { WebRTCVoiceAgent } from '../webrtc/main.js'
import { type RecordedAction, readLog } from './read-log.js'

/** Milliseconds between actions in a log without times. */
const UNTIMED_STEP_MS = 200
/** Longest pause between two actions, in milliseconds. */
const LONGEST_STEP_MS = 2000

/** A recorded call at one position. */
export interface Replay {
  /** Agent for components and hooks: `config={{ agent: replay.agent }}`. Its commands reject with `not-connected`. */
  readonly agent: WebRTCVoiceAgent
  /** Store with the agent's state at the current position. Notifies subscribers when the position changes. */
  readonly store: Store<Record<string, VoiceAgentState>>
  /** The agent's actions in the log, in order, without the app's own. */
  readonly actions: readonly UnknownAction[]
  /** Number of actions. */
  readonly length: number
  /** Number of actions applied: 0 before the first. */
  readonly position: number
  /**
   * Shows the state after the first `position` actions. While playing, playback continues from there.
   *
   * @throws VoiceAgentError `invalid-option` if `position` is not an integer from 0 to `length`
   */
  goTo(position: number): void
  /** Applies the next action. Returns false at the end. */
  next(): boolean
  /**
   * Plays to the end at the recorded pace. Pauses are shortened to 2 s; a log without times takes 200 ms per action.
   *
   * @param options.speed Multiplier for the recorded pace. @default 1
   * @returns a promise that resolves at the end or when stopped
   * @throws VoiceAgentError `invalid-option` if `speed` is not a number above 0
   */
  play(options?: { speed?: number }): Promise<void>
  /** Stops playing at the current position. */
  stop(): void
}

const invalid = (detail: string) => new VoiceAgentError('invalid-option', detail)

/** Returns the agent's slice of the state that a log begins with. */
function startOf(whole: unknown, path: string, initial: VoiceAgentState): VoiceAgentState {
  const part = (whole as Record<string, unknown> | null | undefined)?.[path]
  if (part === undefined) return initial
  const isOurs =
    typeof part === 'object' && part !== null && Object.keys(initial).every((slice) => slice in part)
  if (!isOurs)
    throw invalid(
      `replay(): the log's first state must have a voice agent's state under '${path}'; it has another value.`,
    )
  return completeState(part as VoiceAgentState)
}

/** Names of actions that start a call, and of actions that only occur within an established call. */
const BEGINNINGS = /^(callBegan|connectRequested|connection(Attempted|Established)|reconnectScheduled)$/
const WITHIN_CALL =
  /^(connection(Interrupted|Recovered|Lost)|networkSampled|user(Speech|Transcript)\w+|assistant\w+|toolCallSt\w+|conversationQuiet)$/

/** Infers the initial state of a log without one, because a recording may begin in the middle of a call. */
function inferStart(
  actions: readonly UnknownAction[],
  path: string,
  initial: VoiceAgentState,
): VoiceAgentState {
  const nameOf = ({ type }: UnknownAction) => type.slice(path.length + 1)
  const first = actions.find((action) => BEGINNINGS.test(nameOf(action)) || WITHIN_CALL.test(nameOf(action)))
  if (!first || BEGINNINGS.test(nameOf(first))) return initial
  const connectionId =
    actions
      .map(({ payload }) => (payload as { connectionId?: string } | undefined)?.connectionId)
      .find(Boolean) ?? null
  const { turns } = initial.conversation
  return {
    ...initial,
    connection: { ...initial.connection, status: 'connected', connectionId },
    conversation: { ...initial.conversation, status: 'listening', turns: { ...turns, isCallOn: true } },
  }
}

/**
 * Computes the agent's state before the first action and after each one.
 *
 * @param whole The whole store's state that the log begins with; undefined for the initial state.
 * @throws VoiceAgentError `invalid-option` if the reducer throws on an action
 */
function computeStates(
  whole: unknown,
  actions: readonly UnknownAction[],
  reducer: Reducer<VoiceAgentState>,
  path: string,
): VoiceAgentState[] {
  const initial = reducer(undefined, { type: `${path}/replay/start` })
  const start = whole === undefined ? inferStart(actions, path, initial) : startOf(whole, path, initial)
  const states = [start]
  for (const [place, action] of actions.entries()) {
    try {
      states.push(reducer(states[place], action))
    } catch {
      // Omits the cause, because it may contain parts of the conversation.
      throw invalid(
        `replay(): action ${place + 1} of the log, ${action.type}, must have a payload that the reducer accepts.`,
      )
    }
  }
  return states
}

function refuse(): never {
  throw new VoiceAgentError('not-connected', 'This call is a recording and accepts no requests.')
}

const request = async () => refuse()

/** An agent that only shows the state of a recording. */
class ReplayedAgent extends WebRTCVoiceAgent {
  readonly #store: Store<Record<string, VoiceAgentState>>

  constructor(options: VoiceAgentOptions, core: AgentCore, store: Store<Record<string, VoiceAgentState>>) {
    const present = () => core.selectors.selectVoiceAgent(store.getState())
    const getState = () => store.getState()
    super(options, { ...core, dispatch: refuse, requestNow: refuse, request, getState, present })
    this.#store = store
  }

  override get store(): Store<Record<string, VoiceAgentState>> {
    return this.#store
  }
}

function stepMs({ at }: RecordedAction, before: RecordedAction | undefined): number {
  if (at === null || before === undefined || before.at === null) return UNTIMED_STEP_MS
  return Math.min(Math.max(0, at - before.at), LONGEST_STEP_MS)
}

/**
 * Replays a recorded call without a server. The log runs through the package's reducer but no middleware, so it opens no
 * microphone, makes no call and stores nothing. Running times, such as the duration, use the current clock.
 *
 * @param log An export of Redux DevTools, as text or parsed, or a list of actions. An export has `actionsById` with
 *   `committedState`, or `payload` with `preloadedState`. Skipped actions are left out.
 * @param options Options of the recorded agent.
 * @param options.reducerPath Path at which the agent was mounted. @default 'voiceAgent'
 * @throws VoiceAgentError `invalid-option` if the log can't be read or has no action of the agent
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
      `replay(log, { reducerPath }): the log must have actions of a voice agent under '${reducerPath}'; it has none.`,
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
  const states = computeStates(start, actions, core.reducer, reducerPath)

  const shown = createAction<number>('replay/shown')
  const first = states[0] as VoiceAgentState
  const store = configureStore({
    reducer: {
      [reducerPath]: (state: VoiceAgentState = first, action: UnknownAction) =>
        shown.match(action) ? (states[action.payload] ?? state) : state,
    },
    middleware: () => new Tuple(),
    devTools: false,
  })
  const agent = new ReplayedAgent(options, core, store)
  let position = 0
  let stopPlaying: (() => void) | null = null

  function goTo(target: number): void {
    if (!Number.isInteger(target) || target < 0 || target > actions.length)
      throw new VoiceAgentError(
        'invalid-option',
        `goTo(position): position must be an integer from 0 to ${actions.length}; got ${target}.`,
      )
    position = target
    store.dispatch(shown(target))
  }

  function next(): boolean {
    if (position === actions.length) return false
    goTo(position + 1)
    return true
  }

  const stop = () => stopPlaying?.()

  async function play({ speed = 1 }: { speed?: number } = {}): Promise<void> {
    if (!(speed > 0))
      throw new VoiceAgentError('invalid-option', `play({ speed }): speed must be above 0; got ${speed}.`)
    stop()
    await new Promise<void>((resolve) => {
      let timer: ReturnType<typeof setTimeout>
      const end = () => {
        clearTimeout(timer)
        stopPlaying = null
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
      stopPlaying = end
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
