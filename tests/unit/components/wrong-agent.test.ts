import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import type { VoiceAgent } from 'redux-voice-agent'
import {
  VoiceAgentProvider,
  type VoiceAgentProviderProps,
  WebRTCVoiceAssistant,
} from 'redux-voice-agent/react'
import { expect, it, onTestFinished } from 'vitest'
import { setUp } from '../orders/support.js'

const renderWith = (agent: VoiceAgentProviderProps['agent']) =>
  renderToString(createElement(VoiceAgentProvider, { agent }, createElement(WebRTCVoiceAssistant)))

it.each([
  ['voiceAgent.agent instead of voiceAgent', (voiceAgent: VoiceAgent) => voiceAgent.agent],
  ['voiceAgent outside of the store', (voiceAgent: VoiceAgent) => voiceAgent],
])('a provider with %s names both mistakes', (_what, choose) => {
  const { voiceAgent } = setUp()
  onTestFinished(() => voiceAgent.dispose())
  expect(() => renderWith(choose(voiceAgent))).toThrow(
    "pass voiceAgent, not voiceAgent.agent, inside react-redux's <Provider>.",
  )
})
