import { expect, it } from 'vitest'
import { createCallWarnings } from '../../../src/components/voice-agent/watch/warnings.js'
import { initialState, type NetworkSample, type VoiceAgentState } from '../../../store/index.js'

const sample = (at: number, rest: Partial<NetworkSample> = {}): NetworkSample => ({
  at: at * 1000,
  roundTripMs: 50,
  jitterMs: 5,
  lossReceived: 0,
  lossSent: 0,
  bitrateReceived: 30_000,
  bitrateSent: 30_000,
  silentMs: 0,
  ...rest,
})

/** Feeds one sample per second, and returns the warnings after each. */
function watch(connection: Partial<VoiceAgentState['connection']> = {}) {
  const warnings = createCallWarnings()
  let network: NetworkSample[] = []
  let now = 0
  const base: VoiceAgentState = {
    ...initialState,
    connection: { ...initialState.connection, status: 'connected', microphone: 'live', ...connection },
  }
  return {
    seconds(
      count: number,
      {
        hadSound = true,
        isSpeaking = false,
        ...rest
      }: Partial<NetworkSample> & { hadSound?: boolean; isSpeaking?: boolean } = {},
    ) {
      let active: string[] = []
      for (let second = 0; second < count; second++) {
        network = [...network, sample(++now, rest)]
        const turns = { ...base.conversation.turns, isAgentSpeaking: isSpeaking }
        const state = {
          ...base,
          conversation: { ...base.conversation, turns },
          stats: { ...base.stats, network },
        }
        active = [...warnings.next(state, hadSound)]
      }
      return active
    },
  }
}

it('warns after 10 s of a microphone that never produces sound, and after 45 s of one that has', () => {
  const call = watch()
  expect(call.seconds(10, { hadSound: false })).toEqual([])
  expect(call.seconds(1, { hadSound: false })).toEqual(['silent-input'])
  expect(call.seconds(60, { hadSound: false })).toEqual(['silent-input'])
  expect(call.seconds(1)).toEqual([])
  expect(call.seconds(45, { hadSound: false })).toEqual([])
  expect(call.seconds(1, { hadSound: false })).toEqual(['silent-input'])
})

it('does not warn while the microphone is muted or off', () => {
  for (const microphone of ['muted', 'off', 'denied'] as const)
    expect(watch({ microphone }).seconds(100, { hadSound: false }), microphone).toEqual([])
})

it('warns of a round trip above 400 ms over 8 s, until it is below 300 ms', () => {
  const call = watch()
  expect(call.seconds(7, { roundTripMs: 900 })).toEqual([])
  expect(call.seconds(1, { roundTripMs: 900 })).toEqual(['slow-network'])
  // Between the two limits, nothing changes.
  expect(call.seconds(20, { roundTripMs: 350 })).toEqual(['slow-network'])
  expect(call.seconds(20, { roundTripMs: 290 })).toEqual([])
  expect(call.seconds(20, { roundTripMs: 350 })).toEqual([])
  expect(call.seconds(20, { roundTripMs: null })).toEqual([])
})

it('warns if nothing arrives for 4 s while the agent should be speaking, until sound has arrived for 2 s', () => {
  const call = watch()
  const silent = { isSpeaking: true, bitrateReceived: 0 }
  expect(call.seconds(3, silent)).toEqual([])
  expect(call.seconds(1, { isSpeaking: true })).toEqual([])
  expect(call.seconds(4, silent)).toEqual(['nothing-heard'])
  expect(call.seconds(1, { isSpeaking: true })).toEqual(['nothing-heard'])
  expect(call.seconds(1, { isSpeaking: true })).toEqual([])
  // A quiet agent sends nothing.
  expect(call.seconds(30, { bitrateReceived: 0 })).toEqual([])
})
