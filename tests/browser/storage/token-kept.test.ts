import { configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { expect, it, onTestFinished, vi } from 'vitest'
import { entryName } from './fixture.js'

it('a session enters the state only once its token is stored, so a page that closes immediately returns to it', async () => {
  const databaseName = `token-kept-${Date.now()}`
  const keptToken = () => sessionStorage.getItem(entryName(databaseName, 'token'))
  // As slow as on a busy machine.
  const encrypt = crypto.subtle.encrypt.bind(crypto.subtle)
  vi.spyOn(crypto.subtle, 'encrypt').mockImplementation(async (...args) => {
    await new Promise((resolve) => setTimeout(resolve, 50))
    return encrypt(...args)
  })
  onTestFinished(() => void vi.restoreAllMocks())

  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport: scriptedTransport(),
    refreshToken: async () => ({ token: 't', expiresAt: Date.now() + 600_000, sessionId: 's' }),
    persistence: { databaseName },
  })
  configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
  })
  onTestFinished(() => voiceAgent.dispose())
  const atCreation = new Promise((resolve) =>
    voiceAgent.agent.on('sessionCreated', () => resolve(keptToken())),
  )
  await voiceAgent.agent.connect()
  expect(await atCreation).not.toBeNull()
})
