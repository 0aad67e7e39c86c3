import { WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { expect, onTestFinished, test, vi } from 'vitest'
import { button, mountAgent, painted, render } from './support.js'

/** Records the browser's wake locks. */
function watchLocks() {
  const locks: WakeLockSentinel[] = []
  const { wakeLock } = navigator
  const request = wakeLock.request.bind(wakeLock)
  const spy = vi.spyOn(wakeLock, 'request').mockImplementation(async (type) => {
    const lock = await request(type)
    locks.push(lock)
    return lock
  })
  onTestFinished(() => spy.mockRestore())
  return { locks, spy, held: () => locks.filter(({ released }) => !released).length }
}

test('the screen stays on during a call, even after the browser released the lock, and not after the call', async () => {
  const { locks, held } = watchLocks()
  const app = mountAgent()
  const { container } = render(app.inApp(<WebRTCVoiceAssistant keepAwake />))
  await button(container, 'primary')
  await painted()
  expect(locks).toHaveLength(0)
  await app.voiceAgent.agent.connect()
  await vi.waitFor(() => expect(held()).toBe(1))
  // The browser does the same when the page is hidden.
  await locks[0]?.release()
  document.dispatchEvent(new Event('visibilitychange'))
  document.dispatchEvent(new Event('visibilitychange'))
  await vi.waitFor(() => expect(held()).toBe(1))
  expect(locks).toHaveLength(2)
  await app.voiceAgent.agent.disconnect()
  await vi.waitFor(() => expect(held()).toBe(0))
  document.dispatchEvent(new Event('visibilitychange'))
  await painted()
  expect(locks).toHaveLength(2)
})

test('without the option, or if the browser refuses, nothing happens', async () => {
  const { spy } = watchLocks()
  const app = mountAgent()
  const { container, render: renderAgain } = render(app.inApp(<WebRTCVoiceAssistant />))
  await button(container, 'primary')
  await app.voiceAgent.agent.connect()
  await painted()
  expect(spy).not.toHaveBeenCalled()
  spy.mockRejectedValue(new DOMException('The battery is low.', 'NotAllowedError'))
  renderAgain(app.inApp(<WebRTCVoiceAssistant keepAwake />))
  await vi.waitFor(() => expect(spy).toHaveBeenCalledOnce())
  await painted()
  expect(app.store.getState().voiceAgent.connection.status).toBe('connected')
})
