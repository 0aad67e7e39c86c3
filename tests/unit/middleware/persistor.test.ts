import { expect, it, onTestFinished, vi } from 'vitest'
import { setUp } from './support.js'

it('a persistor can be paused and resumed after its agent was disposed', async () => {
  const onUnhandled = vi.fn()
  process.on('unhandledRejection', onUnhandled)
  onTestFinished(() => void process.off('unhandledRejection', onUnhandled))
  const { voiceAgent } = setUp()
  await voiceAgent.dispose()
  voiceAgent.persistor.pause()
  voiceAgent.persistor.persist()
  await new Promise((resolve) => setTimeout(resolve))
  expect(onUnhandled).not.toHaveBeenCalled()
})
