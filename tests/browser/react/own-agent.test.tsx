import { lazy, type ReactNode, StrictMode, Suspense, useEffect } from 'react'
import { VoiceAgentError, WebRTCVoiceAgent } from 'redux-voice-agent'
import { useWebRTCVoiceAssistant, WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { defaultTexts } from 'redux-voice-agent/texts'
import type { VoiceTransportFactory } from 'redux-voice-agent/transports'
import { expect, onTestFinished, test, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { pressAfterChange } from './places.js'
import { button, find, painted, recordConsole, render, scriptedOptions } from './support.js'

test('a conversation starts, streams and ends with the documented accessible names', async () => {
  const config = scriptedOptions()
  const { container } = render(<WebRTCVoiceAssistant config={config} />)
  await userEvent.click(page.getByRole('button', { name: 'Start conversation' }))
  await expect
    .element(page.getByRole('status', { name: 'Connection' }))
    .toHaveAttribute('data-state', 'connected')

  config.transport.emit({ type: 'microphoneChanged', microphone: 'live' })
  await expect
    .element(page.getByRole('button', { name: 'Mute microphone' }))
    .toHaveAttribute('aria-pressed', 'false')
  await userEvent.fill(page.getByRole('textbox', { name: 'Message' }), 'Hello')
  await userEvent.click(page.getByRole('button', { name: 'Send' }))
  expect(config.transport.sent).toMatchObject([{ type: 'text', text: 'Hello' }])

  config.transport.emit({ type: 'assistantTurnStarted', turnId: 'turn' })
  config.transport.emit({ type: 'assistantTextAppended', turnId: 'turn', delta: 'Good ' })
  const log = page.getByRole('log', { name: 'Conversation' })
  const answer = log.getByRole('article').nth(1)
  await expect.element(answer).toHaveTextContent('Good')
  const element = answer.element()
  config.transport.emit({ type: 'assistantTextAppended', turnId: 'turn', delta: 'morning.' })
  config.transport.emit({ type: 'assistantTurnCompleted', turnId: 'turn' })
  await expect.element(answer).toHaveTextContent('Good morning.')
  await expect.element(answer).toHaveAttribute('data-status', 'final')
  await expect.element(answer).toHaveAttribute('data-role', 'assistant')
  expect(answer.element()).toBe(element)

  await pressAfterChange(await button(container, 'primary'), () =>
    expect(container.querySelector('[data-connection=disconnected]')).not.toBeNull(),
  )
  await expect.element(page.getByRole('button', { name: 'Continue conversation' })).toBeVisible()
  expect(container.querySelectorAll('article')).toHaveLength(2)
})

test('a message that the transport rejects stays in the field, with the reason in a notice', async () => {
  const config = scriptedOptions()
  const { transport } = config
  const narrow: VoiceTransportFactory = (ports) => ({
    ...transport(ports),
    send() {
      throw new VoiceAgentError('text-too-long', 'A text of at most 3 bytes can be sent.')
    },
  })
  render(<WebRTCVoiceAssistant config={{ ...config, transport: narrow }} />)
  await userEvent.click(page.getByRole('button', { name: 'Start conversation' }))
  const message = page.getByRole('textbox', { name: 'Message' })
  await expect
    .element(page.getByRole('status', { name: 'Connection' }))
    .toHaveAttribute('data-state', 'connected')
  await userEvent.fill(message, 'Hello')
  await userEvent.click(page.getByRole('button', { name: 'Send' }))
  await expect.element(page.getByText(defaultTexts.errors['text-too-long']).first()).toBeVisible()
  await expect.element(message).toHaveValue('Hello')
  expect(page.getByRole('article').elements()).toEqual([])
})

test('shows messages without ResizeObserver, as in jsdom', async () => {
  vi.stubGlobal('ResizeObserver', undefined)
  onTestFinished(() => void vi.unstubAllGlobals())
  const config = scriptedOptions()
  const { container } = render(<WebRTCVoiceAssistant config={config} />)
  ;(await button(container, 'primary')).click()
  await find(container, '[data-connection=connected]')
  config.transport.emit({ type: 'userTranscriptReceived', text: 'Hello', final: true })
  await expect.element(page.getByRole('article')).toHaveTextContent('Hello')
})

test('StrictMode opens one call', async () => {
  const config = scriptedOptions()
  const { container } = render(
    <StrictMode>
      <WebRTCVoiceAssistant config={config} />
    </StrictMode>,
  )
  ;(await button(container, 'primary')).click()
  await find(container, '[data-connection=connected]')
  expect(config.transport.requests).toHaveLength(1)
  expect(config.transport.open).toBe(1)
})

test('a component that calls in an effect opens one call, in StrictMode too', async () => {
  const config = scriptedOptions()
  function Caller() {
    const { connect, connectionState } = useWebRTCVoiceAssistant(config)
    useEffect(() => void connect(), [connect])
    return <p data-on={connectionState}>Call</p>
  }
  const { container, unmount } = render(
    <StrictMode>
      <Caller />
    </StrictMode>,
  )
  await find(container, '[data-on=connected]')
  expect([config.transport.open, config.transport.requests.length]).toEqual([1, 1])
  unmount()
  await expect.poll(() => config.transport.open).toBe(0)
})

test.each([false, true])(
  'the call continues while a part beside the component loads its code (StrictMode: %s)',
  async (isStrict) => {
    const config = scriptedOptions()
    let load = () => {}
    const Part = lazy(
      () =>
        new Promise<{ default: () => string }>((resolve) => {
          load = () => resolve({ default: () => 'Loaded' })
        }),
    )
    const app = (hasPart: boolean) => (
      <Suspense fallback="Loading">
        <WebRTCVoiceAssistant config={config} />
        {hasPart && <Part />}
      </Suspense>
    )
    const inMode = (node: ReactNode) => (isStrict ? <StrictMode>{node}</StrictMode> : node)
    const view = render(inMode(app(false)))
    ;(await button(view.container, 'primary')).click()
    await find(view.container, '[data-connection=connected]')
    view.render(inMode(app(true)))
    await expect.poll(() => view.container.textContent).toContain('Loading')
    await painted()
    expect(config.transport.open).toBe(1)
    load()
    await expect.poll(() => view.container.textContent).toContain('Loaded')
    await painted()
    expect([config.transport.open, config.transport.requests.length]).toEqual([1, 1])
    await find(view.container, '[data-connection=connected]')
    view.unmount()
    await expect.poll(() => config.transport.open).toBe(0)
  },
)

test('unmounting ends the call of an agent that the component created', async () => {
  const config = scriptedOptions()
  const { container, unmount } = render(<WebRTCVoiceAssistant config={config} />)
  ;(await button(container, 'primary')).click()
  await find(container, '[data-connection=connected]')
  unmount()
  await expect.poll(() => config.transport.open).toBe(0)
})

test('a whole call with its own store logs nothing to the console', async () => {
  const logged = recordConsole()
  const config = scriptedOptions()
  const { container } = render(<WebRTCVoiceAssistant config={config} />)
  ;(await button(container, 'primary')).click()
  await find(container, '[data-connection=connected]')
  config.transport.emit({ type: 'userSpeechStarted' })
  config.transport.emit({ type: 'userSpeechStopped' })
  config.transport.emit({ type: 'userTranscriptReceived', text: 'Hello', final: true })
  config.transport.emit({ type: 'agentLeft' })
  await find(container, '[data-connection=disconnected]')
  expect(logged).toEqual([])
})

test('a call that moved to another device can be used here again, and does not return otherwise', async () => {
  const config = scriptedOptions()
  const { container } = render(<WebRTCVoiceAssistant config={config} />)
  ;(await button(container, 'primary')).click()
  await find(container, '[data-connection=connected]')
  config.transport.emit({ type: 'agentLeft', reason: 'moved' })
  await find(container, '[data-connection=failed]')
  await expect.element(page.getByText('This conversation continues on another device.').first()).toBeVisible()
  expect(config.transport.requests).toHaveLength(1)
  await page.getByRole('button', { name: 'Use here' }).click()
  await find(container, '[data-connection=connected]')
  expect(config.transport.requests).toHaveLength(2)
})

test('isCallWanted says if the call can be ended, also while it connects and reconnects', async () => {
  let isBack = () => {}
  const back = new Promise<void>((resolve) => {
    isBack = resolve
  })
  let calls = 0
  const transport = scriptedTransport(() => (calls++ === 0 ? 'fresh' : back.then(() => 'resumed' as const)))
  const config = { ...scriptedOptions(), transport }
  const seen: Record<string, boolean> = {}
  function Probe() {
    const { connectionState, isCallWanted, connect, disconnect } = useWebRTCVoiceAssistant(config)
    seen[connectionState] = isCallWanted
    const toggle = () => void (isCallWanted ? disconnect() : connect())
    return (
      <button type="button" data-state={connectionState} onClick={toggle}>
        Call
      </button>
    )
  }
  const { container } = render(<Probe />)
  const press = async (state: string) => (await find(container, `[data-state=${state}]`)).click()
  await press('idle')
  await find(container, '[data-state=connected]')
  config.transport.emit({ type: 'connectionState', state: 'failed' })
  await find(container, '[data-state=reconnecting]')
  isBack()
  await press('connected')
  await find(container, '[data-state=disconnected]')
  expect(seen).toEqual({
    idle: false,
    connecting: true,
    connected: true,
    reconnecting: true,
    disconnected: false,
  })
})

test('only a component that reads sessionStats renders every second', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    const config = scriptedOptions()
    const renders = { reader: 0, other: 0 }
    const commands = new Set<() => Promise<void>>()
    function Probe({ reads }: { reads: boolean }) {
      const assistant = useWebRTCVoiceAssistant(config)
      renders[reads ? 'reader' : 'other']++
      commands.add(assistant.connect)
      return (
        <output data-on={assistant.connectionState}>{reads ? assistant.sessionStats.duration : ''}</output>
      )
    }
    const { container } = render(
      <>
        <Probe reads />
        <Probe reads={false} />
      </>,
    )
    await find(container, 'output')
    expect(commands.size).toBe(2)
    for (const connect of commands) await connect()
    await vi.waitFor(() => expect(container.querySelectorAll('[data-on=connected]')).toHaveLength(2))
    const before = { ...renders }
    vi.advanceTimersByTime(1000)
    await vi.waitFor(() => expect(renders.reader).toBe(before.reader + 1))
    expect(renders.other).toBe(before.other)
    // The functions stayed identical across all renders.
    expect(commands.size).toBe(2)
  } finally {
    vi.useRealTimers()
  }
})

test('a config can switch between an agent and options, and the created agent is disposed', async () => {
  const existing = scriptedOptions()
  const agent = new WebRTCVoiceAgent(existing)
  onTestFinished(() => agent.dispose())
  const created = scriptedOptions()
  const { container, render: change } = render(<WebRTCVoiceAssistant config={{ agent }} />)
  await find(container, '[data-rva-part=primary]')

  change(<WebRTCVoiceAssistant config={created} />)
  await painted()
  ;(await button(container, 'primary')).click()
  await find(container, '[data-connection=connected]')
  expect(created.transport.open).toBe(1)
  expect(existing.transport.requests).toEqual([])

  change(<WebRTCVoiceAssistant config={{ agent }} />)
  await expect.poll(() => created.transport.open).toBe(0)
})

test.each(['another key', 'another place'])(
  'a component that React replaces (%s) continues the conversation',
  async (how) => {
    const logged = recordConsole()
    const config = {
      ...scriptedOptions(),
      persistence: { databaseName: `replaced-${crypto.randomUUID()}`, debounceMs: 0 },
      autoReconnect: 'always' as const,
    }
    const { container, render: change } = render(<WebRTCVoiceAssistant key="first" config={config} />)
    ;(await button(container, 'primary')).click()
    await find(container, '[data-connection=connected]')
    config.transport.emit({ type: 'userTranscriptReceived', text: 'said before', final: true })
    await expect.poll(() => container.textContent).toContain('said before')
    change(
      how === 'another key' ? (
        <WebRTCVoiceAssistant key="second" config={config} />
      ) : (
        <main>
          <WebRTCVoiceAssistant config={config} />
        </main>
      ),
    )
    await expect.poll(() => config.transport.requests.length).toBe(2)
    await find(container, '[data-connection=connected]')
    expect(container.textContent).toContain('said before')
    expect(config.transport.open).toBe(1)
    expect(logged).toEqual([])
  },
)
