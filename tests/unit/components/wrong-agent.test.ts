import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { Provider } from 'react-redux'
import type { VoiceAgent } from 'redux-voice-agent'
import { BackupPanel } from 'redux-voice-agent/backup/react'
import {
  VoiceAgentProvider,
  type VoiceAgentProviderProps,
  WebRTCVoiceAssistant,
} from 'redux-voice-agent/react'
import { expect, it } from 'vitest'
import { setUp } from '../orders/support.js'

type AgentHandle = VoiceAgentProviderProps['agent']

const renderWith = (agent: AgentHandle) =>
  renderToString(createElement(VoiceAgentProvider, { agent }, createElement(WebRTCVoiceAssistant)))

it.each([
  ['voiceAgent', (voiceAgent: VoiceAgent) => voiceAgent],
  ['voiceAgent.agent', (voiceAgent: VoiceAgent) => voiceAgent.agent],
])('a provider with %s outside of react-redux says that its provider is missing', (_what, choose) => {
  const { voiceAgent } = setUp()
  expect(() => renderWith(choose(voiceAgent))).toThrow(
    "An agent in your store must be used inside react-redux's <Provider store={store}>; there is none.",
  )
})

it('a provider with voiceAgent.agent inside of react-redux asks for voiceAgent', () => {
  const { voiceAgent, store } = setUp()
  const inside = createElement(
    VoiceAgentProvider,
    { agent: voiceAgent.agent },
    createElement(WebRTCVoiceAssistant),
  )
  // biome-ignore lint/correctness/noChildrenProp: the types of `Provider` require it.
  expect(() => renderToString(createElement(Provider, { store, children: inside }))).toThrow(
    'An agent in your store must be passed as voiceAgent; got voiceAgent.agent.',
  )
})

it.each([
  ['undefined', undefined],
  ['null', null],
  ['object', { apiEndpoint: '/api/voice-agent' }],
])('a provider without an agent says that it got %s', (got, agent) => {
  expect(() => renderWith(agent as unknown as AgentHandle)).toThrow(
    expect.objectContaining({
      code: 'invalid-option',
      message: `agent must be the result of createVoiceAgent; it got ${got}.`,
    }),
  )
})

it.each([
  ['undefined', undefined],
  ['object', { objects: {} }],
])('a panel without a backup says that it got %s', (got, backup) => {
  expect(() => renderToString(createElement(BackupPanel, { backup: backup as never }))).toThrow(
    expect.objectContaining({
      code: 'invalid-option',
      message: `backup must be the result of createBackup(); got ${got}.`,
    }),
  )
})
