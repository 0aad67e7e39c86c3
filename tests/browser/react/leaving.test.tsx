import { StrictMode, useMemo } from 'react'
import { Provider } from 'react-redux'
import { createMemoryRouter, Outlet, RouterProvider } from 'react-router'
import { useWebRTCVoiceAssistant, VoiceAgentProvider, WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { expect, test } from 'vitest'
import { button, find, mountAgent, painted, render, scriptedOptions } from './support.js'

test('a route change does not end the call, and the next route shows it', async () => {
  const { inApp, transport } = mountAgent()
  const router = createMemoryRouter([
    { path: '/', element: <WebRTCVoiceAssistant /> },
    { path: '/cart', element: <p>Cart</p> },
    { path: '/help', element: <WebRTCVoiceAssistant title="Help" /> },
  ])
  const { container } = render(inApp(<RouterProvider router={router} />))
  ;(await button(container, 'primary')).click()
  await find(container, '[data-connection=connected]')
  await router.navigate('/cart')
  await expect.poll(() => container.textContent).toBe('Cart')
  expect(transport.open).toBe(1)
  await router.navigate('/help')
  await find(container, '[aria-label=Help][data-connection=connected]')
  expect(transport.requests).toHaveLength(1)
})

test('a component with endCallOnUnmount ends the call when it is unmounted', async () => {
  const { inApp, transport } = mountAgent()
  const view = render(inApp(<WebRTCVoiceAssistant endCallOnUnmount />))
  ;(await button(view.container, 'primary')).click()
  await find(view.container, '[data-connection=connected]')
  view.render(inApp(<p>Elsewhere</p>))
  await expect.poll(() => transport.open).toBe(0)
})

test("unmounting the app's last root ends the call and keeps the messages; StrictMode does not end it", async () => {
  const { inApp, transport, voiceAgent } = mountAgent()
  await voiceAgent.agent.connect()
  const view = render(<StrictMode>{inApp(<WebRTCVoiceAssistant />)}</StrictMode>)
  const other = render(inApp(<p>Another root of the same app</p>))
  await find(view.container, '[data-connection=connected]')
  await find(other.container, 'p')
  transport.emit({ type: 'userTranscriptReceived', text: 'Hello', final: true })
  view.unmount()
  await new Promise((resolve) => setTimeout(resolve))
  expect(transport.open).toBe(1)
  other.unmount()
  await expect.poll(() => transport.open).toBe(0)
  expect(transport.requests).toHaveLength(1)
  expect(voiceAgent.sessionManager.getCurrentSession()?.messages).toHaveLength(1)
})

test.each(['the component', 'the provider'])(
  'the call continues while %s is mounted, whatever its endCallOnUnmount changes to; the last value counts',
  async (which) => {
    const { inApp, store, transport, voiceAgent } = mountAgent()
    const app = (endCallOnUnmount: boolean) =>
      which === 'the component' ? (
        inApp(<WebRTCVoiceAssistant endCallOnUnmount={endCallOnUnmount} />)
      ) : (
        <Provider store={store}>
          <VoiceAgentProvider agent={voiceAgent} endCallOnUnmount={endCallOnUnmount}>
            App
          </VoiceAgentProvider>
        </Provider>
      )
    const view = render(app(true))
    await painted()
    await voiceAgent.agent.connect()
    for (const ends of [false, true, false, true]) {
      view.render(app(ends))
      await painted()
      expect(transport.open).toBe(1)
    }
    view.render(which === 'the component' ? inApp(<p>Elsewhere</p>) : <p>Elsewhere</p>)
    await expect.poll(() => transport.open).toBe(0)
  },
)

test('a provider that does not end the call keeps it on while it is the last one', async () => {
  const { inApp, store, transport, voiceAgent } = mountAgent()
  const first = render(inApp(<p>One</p>))
  const last = render(
    <Provider store={store}>
      <VoiceAgentProvider agent={voiceAgent} endCallOnUnmount={false}>
        Two
      </VoiceAgentProvider>
    </Provider>,
  )
  await painted()
  await voiceAgent.agent.connect()
  first.unmount()
  await painted()
  expect(transport.open).toBe(1)
  last.unmount()
  await painted()
  expect(transport.open).toBe(1)
})

test('an agent created in a layout survives route changes and ends with the app', async () => {
  const options = scriptedOptions()
  function Layout() {
    const config = useMemo(() => options, [])
    const { connectionState, connect } = useWebRTCVoiceAssistant(config)
    return (
      <>
        <button
          type="button"
          data-rva-part="primary"
          data-on={connectionState}
          onClick={() => void connect()}
        >
          Call
        </button>
        <Outlet />
      </>
    )
  }
  const router = createMemoryRouter([
    {
      element: <Layout />,
      children: [
        { path: '/', element: <p>Shop</p> },
        { path: '/cart', element: <p>Cart</p> },
      ],
    },
  ])
  const view = render(<RouterProvider router={router} />)
  ;(await button(view.container, 'primary')).click()
  await find(view.container, '[data-on=connected]')
  await router.navigate('/cart')
  await expect.poll(() => view.container.textContent).toContain('Cart')
  expect(options.transport.open).toBe(1)
  view.unmount()
  await expect.poll(() => options.transport.open).toBe(0)
})
