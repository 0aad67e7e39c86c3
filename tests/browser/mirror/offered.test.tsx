import { Provider } from 'react-redux'
import { useWebRTCVoiceAssistant, VoiceAgentProvider, WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { expect, test, vi } from 'vitest'
import { render } from '../react/support.js'
import { openOwner, openTab } from './tabs.js'

test('a tab with an offer explains why its own call failed', async () => {
  const { id, ...shared } = await openOwner()
  let isDown = true
  const tab = await openTab('new', {
    ...shared,
    mirror: { offer: 'any' },
    options: {
      async refreshToken() {
        if (isDown) throw new Error('No token.')
        return { token: 't', expiresAt: Date.now() + 600_000, sessionId: crypto.randomUUID() }
      },
    },
  })
  await vi.waitUntil(() => tab.status() === 'offered')
  const { container } = render(
    <Provider store={tab.store}>
      <VoiceAgentProvider agent={tab.voiceAgent}>
        <WebRTCVoiceAssistant />
      </VoiceAgentProvider>
    </Provider>,
  )
  const notice = () => container.querySelector('[data-notice]')?.getAttribute('data-notice')
  await vi.waitFor(() => expect(notice()).toBe('mirror-offered'))
  await tab.agent.connect().catch(() => undefined)
  await vi.waitFor(() => expect(notice()).toBe('failed'))
  isDown = false
  await tab.agent.connect()
  await vi.waitFor(() => expect(notice()).toBeUndefined())
})

test("an app's own view knows the offered conversation", async () => {
  const { id, ...shared } = await openOwner()
  const tab = await openTab('new', { ...shared, mirror: { offer: 'any' } })
  function Offer() {
    const { mirror } = useWebRTCVoiceAssistant()
    return (
      <p>
        {mirror?.status} {mirror?.sessionId}
      </p>
    )
  }
  const { container } = render(
    <Provider store={tab.store}>
      <VoiceAgentProvider agent={tab.voiceAgent}>
        <Offer />
      </VoiceAgentProvider>
    </Provider>,
  )
  await vi.waitFor(() => expect(container.textContent).toBe(`offered ${id}`))
})
