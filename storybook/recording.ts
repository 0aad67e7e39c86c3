import { configureStore, createAction, type UnknownAction } from '@reduxjs/toolkit'
import { createVoiceAgent, type VoiceAgentState } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'

/** What a store was told, one after the other. */
export type Recording = readonly UnknownAction[]

const jumpedTo = createAction<number>('jumpedTo')

/**
 * A store that shows a recorded call at any of its moments. It has the package's reducer and not its middleware: there is nobody
 * who could act on what is replayed.
 */
export function createReplay(recording: Recording) {
  const transport = scriptedTransport()
  const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent', transport, persistence: false })
  const { reducer, reducerPath } = voiceAgent
  const start = reducer(undefined, { type: 'start' })
  /** Each is made from the one before it, once. */
  const moments: VoiceAgentState[] = [start]
  for (const action of recording) moments.push(reducer(moments.at(-1), action))
  const store = configureStore({
    reducer: {
      [reducerPath]: (state: VoiceAgentState = start, action: UnknownAction) =>
        jumpedTo.match(action) ? (moments[action.payload] ?? state) : state,
    },
    devTools: false,
  })
  return {
    voiceAgent,
    store,
    transport,
    length: recording.length,
    /** What had just happened at that moment. */
    nameOf: (moment: number) => recording[moment - 1]?.type.replace(/^.*\//, '') ?? 'Before the call',
    jump: (moment: number) => void store.dispatch(jumpedTo(moment)),
  }
}
