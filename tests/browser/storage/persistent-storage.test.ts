import { WebRTCVoiceAgent } from 'redux-voice-agent'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { isWebKit } from './engine.js'

afterEach(() => {
  vi.restoreAllMocks()
})

function openManager() {
  const agent = new WebRTCVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    persistence: { databaseName: `persistent-${crypto.randomUUID()}` },
  })
  onTestFinished(() => agent.dispose())
  return agent.sessionManager
}

test.skipIf(isWebKit)('the browser is asked for persistent storage only when the app asks', async () => {
  const persist = vi.spyOn(navigator.storage, 'persist').mockResolvedValue(true)
  const manager = openManager()
  await manager.initialize()
  expect(persist).not.toHaveBeenCalled()
  expect(await manager.requestPersistentStorage()).toBe(true)
  persist.mockRejectedValue(new TypeError('opaque origin'))
  expect(await manager.requestPersistentStorage()).toBe(false)
})

test.skipIf(isWebKit)('it is not granted if the browser has no StorageManager', async () => {
  vi.spyOn(navigator, 'storage', 'get').mockReturnValue(undefined as unknown as StorageManager)
  expect(await openManager().requestPersistentStorage()).toBe(false)
})
