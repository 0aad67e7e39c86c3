import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import type { VoiceAgent } from 'redux-voice-agent'
import { BackupPanel } from 'redux-voice-agent/backup/react'
import {
  VoiceAgentProvider,
  type VoiceAgentProviderProps,
  WebRTCVoiceAssistant,
} from 'redux-voice-agent/react'
import { expect, it, onTestFinished } from 'vitest'
import { setUp } from '../orders/support.js'

type AgentHandle = VoiceAgentProviderProps['agent']

const renderWith = (agent: AgentHandle) =>
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
