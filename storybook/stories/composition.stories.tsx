import { StrictMode, useEffect, useRef } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { Provider } from 'react-redux'
import {
  useMessages,
  useWebRTCVoiceAssistant,
  VoiceAgentProvider,
  VoiceAssistantComposer,
  VoiceAssistantControls,
  VoiceAssistantNotice,
  VoiceAssistantRoot,
  VoiceAssistantStatus,
  VoiceAssistantTranscript,
  WebRTCVoiceAssistant,
} from 'redux-voice-agent/react'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { expect, waitFor } from 'storybook/test'
import { storyTime } from '../clock.js'
import { assistant, type Story } from '../meta.js'
import { getScenario, type Scenario, scene } from '../scenario.js'
import { smallTalk } from '../script.js'

export default { ...assistant, title: 'Assistant/Composition' }

const conversation = scene(async (scenario) => {
  await scenario.call()
  smallTalk(scenario)
})

const inStore = (scenario: Scenario, children: React.ReactNode) => (
  <Provider store={scenario.store}>
    <VoiceAgentProvider agent={scenario.voiceAgent}>{children}</VoiceAgentProvider>
  </Provider>
)

/** Some of the parts in another order, with the app's content between them. */
export const PartsRearranged: Story = {
  ...conversation,
  render: (_, context) =>
    inStore(
      getScenario(context),
      <VoiceAssistantRoot title="Ask the shop" className="rearranged">
        <style>{`.rearranged-bar { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.5rem; padding: 0.75rem 1.25rem; border-block-end: 1px solid var(--rva-default-border); }
          .rearranged-composer { padding: 0.875rem 1.25rem; border-block-start: 1px solid var(--rva-default-border); }`}</style>
        <div className="rearranged-bar">
          <VoiceAssistantStatus />
          <VoiceAssistantControls />
        </div>
        <VoiceAssistantNotice />
        <VoiceAssistantTranscript />
        <VoiceAssistantComposer className="rearranged-composer" />
      </VoiceAssistantRoot>,
    ),
  async play({ canvas, userEvent }) {
    await expect(canvas.queryByRole('heading')).not.toBeInTheDocument()
    await userEvent.click(canvas.getByRole('button', { name: 'End conversation' }))
    await waitFor(() =>
      expect(canvas.getByRole('status', { name: 'Connection' })).toHaveAttribute(
        'data-state',
        'disconnected',
      ),
    )
  },
}

/** The app renders message texts, the empty transcript, and the end of the header. */
export const Slots: Story = {
  ...conversation,
  args: {
    slots: {
      message: ({ message }) => (
        <>
          {message.text
            .split(/(\d+ euros)/)
            .map((part) => (part.endsWith('euros') ? <strong key={part}>{part}</strong> : part))}
        </>
      ),
      headerEnd: <a href="#help">Help</a>,
    },
  },
  async play({ canvas }) {
    await expect(canvas.getByText('59 euros')).toBeVisible()
    await expect(canvas.getByRole('link', { name: 'Help' })).toBeVisible()
  },
}

function Headless() {
  const { isCallWanted, connect, disconnect } = useWebRTCVoiceAssistant()
  const messages = useMessages()
  return (
    <div style={{ font: '1rem/1.5 Georgia, serif', color: 'light-dark(#222, #eee)' }}>
      <button
        type="button"
        style={{ font: 'inherit', padding: '0.5rem 1rem' }}
        onClick={() => void (isCallWanted ? disconnect() : connect())}
      >
        {isCallWanted ? 'Hang up' : 'Call the shop'}
      </button>
      <ol>
        {messages.map(({ id, role, text }) => (
          <li key={id}>
            <strong>{role === 'user' ? 'I' : 'Shop'}:</strong> {text}
          </li>
        ))}
      </ol>
    </div>
  )
}

/** The app renders everything and uses only the hook's state and commands. */
export const HeadlessOnly: Story = {
  ...conversation,
  render: (_, context) => inStore(getScenario(context), <Headless />),
  async play({ canvas, canvasElement, userEvent }) {
    await expect(canvas.getAllByRole('listitem')).toHaveLength(4)
    await expect(canvasElement.querySelector('[data-rva-part]')).toBeNull()
    await userEvent.click(canvas.getByRole('button', { name: 'Hang up' }))
    await canvas.findByRole('button', { name: 'Call the shop' })
  },
}

export const StrictModeRemount: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
  }),
  render: (_, context) => (
    <StrictMode>{inStore(getScenario(context), <WebRTCVoiceAssistant title="Shop assistant" />)}</StrictMode>
  ),
  async play(context) {
    const { transport } = getScenario(context)
    await expect(context.canvas.getAllByRole('article')).toHaveLength(4)
    // StrictMode mounts twice, but there is one call, and it is still open.
    await expect(transport.requests).toHaveLength(1)
    await expect(transport.open).toBe(1)
  },
}

const ownAgent = () => ({
  apiEndpoint: '/api/voice-agent',
  transport: scriptedTransport(),
  refreshToken: async () => ({ token: 'story', expiresAt: storyTime + 3_600_000, sessionId: 'story' }),
  persistence: false as const,
})

function Hydrated() {
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = host.current
    if (!element) return
    const app = <WebRTCVoiceAssistant title="Shop assistant" config={ownAgent()} />
    element.innerHTML = renderToString(app)
    const root = hydrateRoot(element, app)
    return () => queueMicrotask(() => root.unmount())
  }, [])
  return <div ref={host} style={{ height: '100%' }} />
}

/** Rendered on a server and hydrated. */
export const SsrHydrate: Story = {
  ...scene(),
  render: () => <Hydrated />,
  async play({ canvas, canvasElement, userEvent }) {
    await waitFor(() => expect(canvasElement.querySelector('style')?.textContent).toBe(''))
    await userEvent.click(canvas.getByRole('button', { name: 'Start conversation' }))
    await canvas.findByRole('button', { name: 'End conversation' })
  },
}

/** Two independent agents on one page. */
export const TwoInstances: Story = {
  ...scene(),
  parameters: { width: 960 },
  render: () => (
    <div
      style={{
        display: 'grid',
        gridTemplateColumns: 'repeat(auto-fit, minmax(min(20rem, 100%), 1fr))',
        gap: '1rem',
        height: '100%',
      }}
    >
      <WebRTCVoiceAssistant title="Shop" config={ownAgent()} />
      <WebRTCVoiceAssistant title="Workshop" config={ownAgent()} theme="dark" />
    </div>
  ),
  async play({ canvas, userEvent }) {
    const [first] = canvas.getAllByRole('button', { name: 'Start conversation' })
    if (first) await userEvent.click(first)
    await canvas.findByRole('button', { name: 'End conversation' })
    await expect(canvas.getAllByRole('button', { name: 'Start conversation' })).toHaveLength(1)
  },
}
