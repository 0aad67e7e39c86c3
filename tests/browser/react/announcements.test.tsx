import { VoiceAgentError, type VoiceErrorCode } from 'redux-voice-agent'
import {
  preloadVoiceAssistant,
  VoiceAssistantCallCheck,
  VoiceAssistantControls,
  VoiceAssistantNotice,
  VoiceAssistantRoot,
  VoiceAssistantSheet,
  WebRTCVoiceAssistant,
} from 'redux-voice-agent/react'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { defaultTexts } from 'redux-voice-agent/texts'
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import { findFocused, type Place, places, renderIn } from './places.js'
import { find, listen, mountAgent, painted, pastMessages, render, sampleNetwork } from './support.js'

beforeAll(() => preloadVoiceAssistant())

async function open(place: Place = 'light DOM') {
  const app = mountAgent([], { reconnect: () => 60_000 })
  const { container } = renderIn(place, app.inApp(<WebRTCVoiceAssistant title="Ask the shop" />))
  await find(container, '[data-rva-part=primary]')
  return { ...app, container, ears: listen(container) }
}

/** The message is for developers. */
const agentError = (message: string, code: VoiceErrorCode = 'agent-error') =>
  ({ type: 'agentErrorReported', error: { code, message, recoverable: true }, fatal: false }) as const

const trouble = 'The agent reported an error. Try again.'

/** Whole calls are slow, so only `npm run test:slow` tests every place. */
const placesOfCalls = import.meta.env?.VITE_SLOW ? places : places.slice(0, 2)

/** Returns the accessible name of the focused element. */
const focused = () => findFocused()?.getAttribute('aria-label') ?? findFocused()?.textContent ?? null

test.each(placesOfCalls)(
  'in the %s, a whole call works by keyboard alone, with this focus and these announcements',
  async (place) => {
    const { transport, ears, container, voiceAgent } = await open(place)
    const { emit } = transport
    /** One line of the script: the action, the focus afterwards, and the announcements. */
    const step = async (run: () => unknown, focus: string, ...said: string[]) => {
      await run()
      await ears.expect(...said)
      await vi.waitFor(() => expect(focused()).toBe(focus))
    }
    const keys = (text: string) => () => userEvent.keyboard(text)
    const to = (name: string) => async () => {
      for (let stop = 0; focused() !== name; stop++) {
        if (stop > 20) throw new Error(`The keyboard does not reach ${name}.`)
        await userEvent.keyboard('{Tab}')
      }
    }
    const answer = (turnId: string, text: string) => {
      emit({ type: 'assistantTurnStarted', turnId })
      emit({ type: 'assistantTextAppended', turnId, delta: text })
    }
    if (place === 'iframe') (container.querySelector('[data-rva-part=primary]') as HTMLElement).focus()
    await step(to('Start conversation'), 'Start conversation')
    await step(keys('{Enter}'), 'End conversation', 'Connected.')
    await step(() => emit({ type: 'microphoneChanged', microphone: 'live' }), 'End conversation')
    await step(to('Message'), 'Message')
    await step(keys('Do you have a kettle?{Enter}'), 'Message')
    // The user hears it, so it is not announced.
    await step(() => {
      emit({ type: 'assistantSpeechStarted' })
      answer('heard', 'Two of them.')
      emit({ type: 'assistantTurnCompleted', turnId: 'heard' })
      emit({ type: 'assistantSpeechStopped' })
    }, 'Message')
    await step(
      () => {
        answer('silent', 'They are 59 euros.')
        emit({ type: 'assistantTurnCompleted', turnId: 'silent' })
      },
      'Message',
      'They are 59 euros.',
    )
    await step(() => {
      emit({ type: 'assistantSpeechStarted' })
      answer('cut', 'One of them is')
    }, 'Message')
    await step(to('Interrupt the agent'), 'Interrupt the agent')
    await step(
      async () => {
        await userEvent.keyboard(' ')
        emit({ type: 'assistantTurnInterrupted', turnId: 'cut' })
        emit({ type: 'assistantSpeechStopped' })
      },
      'Interrupt the agent',
      'The agent was interrupted.',
    )
    await step(
      () => {
        emit({ type: 'toolCallStarted', toolCallId: 'tool', name: 'add_to_cart', arguments: {} })
        emit({ type: 'toolCallStopped', toolCallId: 'tool', cancelled: false })
      },
      'Interrupt the agent',
      'Add to cart',
    )
    await step(
      () => emit({ type: 'toolCallStarted', toolCallId: 'slow', name: 'place_order', arguments: {} }),
      'Interrupt the agent',
      'Place order…',
    )
    await step(() => emit(agentError('The model must answer; it did not.')), 'Interrupt the agent', trouble)
    await step(to('Mute microphone'), 'Mute microphone')
    await step(
      () => emit({ type: 'microphoneChanged', microphone: 'ended' }),
      'Mute microphone',
      '! The microphone was disconnected. Plug it in again, or type.',
    )
    await step(() => emit({ type: 'microphoneChanged', microphone: 'live' }), 'Mute microphone')
    await step(
      () => emit({ type: 'connectionState', state: 'failed' }),
      'Mute microphone',
      'Connection lost. Reconnecting.',
    )
    await step(
      () => voiceAgent.agent.retry(),
      'Mute microphone',
      'Reconnected.',
      'Place order: outcome unknown',
    )
    await step(to('End conversation'), 'End conversation')
    // A press within half a second after the button's meaning changed is ignored.
    await step(keys('{Enter}'), 'Continue conversation', 'The conversation has ended.')
    expect(transport.open).toBe(0)
  },
)

test.each(placesOfCalls)(
  'in the %s, the sheet, the check, a call, a warning and leaving work by keyboard alone, with this focus and these announcements',
  async (place) => {
    const app = mountAgent()
    const { agent } = app.voiceAgent
    // A double, because the check would open a microphone and a connection.
    agent.checkCall = async (onChange = () => {}) => {
      const steps = [{ name: 'microphone', status: 'warning', finding: 'silent', error: null }] as const
      onChange(steps)
      return steps
    }
    const show = (idleTimeout: number) =>
      app.inApp(
        <VoiceAssistantRoot title="Ask the shop" callWarnings idleTimeout={idleTimeout}>
          <VoiceAssistantSheet>
            <VoiceAssistantNotice />
            <VoiceAssistantCallCheck />
            <VoiceAssistantControls />
          </VoiceAssistantSheet>
        </VoiceAssistantRoot>,
      )
    const { container, outer, render: renderAgain } = renderIn(place, show(0))
    const bar = await find(container, '[data-rva-part=sheet-bar]')
    const ears = listen(container)
    const step = async (run: () => unknown, focus: string, ...said: string[]) => {
      await run()
      await ears.expect(...said)
      await vi.waitFor(() => expect(focused()).toBe(focus))
    }
    const keys = (text: string) => () => userEvent.keyboard(text)
    bar.focus()
    await step(keys('{Enter}'), 'Close the assistant')
    await step(keys('{Tab}'), 'Check sound and connection')
    await step(
      keys('{Enter}'),
      'Close the check',
      "Microphone: is allowed, but isn't picking up any sound. Say something, check its switch, or choose another one. ",
    )
    await step(keys('{Enter}'), 'Check sound and connection')
    await step(keys('{Tab}{Tab}'), 'Start conversation')
    await step(keys('{Enter}'), 'End conversation', 'Connected.')
    const slow = 'The network is slow, so answers are delayed. Move closer to your router, or stop downloads.'
    // The monitor's code loads with the call.
    await step(
      () =>
        vi.waitFor(() => {
          sampleNetwork(app, 900)
          expect(container.querySelector('[data-notice=slow-network]')).not.toBeNull()
        }),
      'End conversation',
      slow,
    )
    await step(() => sampleNetwork(app, 20), 'End conversation')
    // From now on, time passes only while the test waits for something, so that no key press is late.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
    onTestFinished(() => void vi.useRealTimers())
    await step(
      () => renderAgain(show(4000)),
      'End conversation',
      'Are you still there? The conversation ends in 2 seconds.',
    )
    // Any key withdraws the warning.
    await step(keys('{Shift}'), 'End conversation')
    await vi.waitFor(() => expect(container.querySelector('[data-notice=idle]')).toBeNull())
    await step(
      () => find(container, '[data-notice=ended-idle]'),
      'Start conversation',
      'Are you still there? The conversation ends in 2 seconds.',
      'The conversation has ended because nothing was said for a while.',
    )
    await step(keys('{Escape}'), 'Ask the shop Conversation ended')
    expect(app.transport.open).toBe(0)
    if (outer instanceof HTMLDialogElement) expect(outer.open).toBe(true)
  },
)

test.each(placesOfCalls)(
  'in the %s, every end of a call is announced, and leaves the focus on the button that starts the next one',
  async (place) => {
    let refusal: VoiceErrorCode | null = 'signalling-rejected'
    let delay: number | null = 60_000
    const transport = scriptedTransport(() => {
      if (refusal) throw new VoiceAgentError(refusal)
      return 'fresh'
    })
    const app = mountAgent([], { transport, reconnect: () => delay })
    const { container } = renderIn(place, app.inApp(<WebRTCVoiceAssistant title="Ask the shop" />))
    const primary = await find(container, '[data-rva-part=primary]')
    const ears = listen(container)
    const { emit } = transport
    const { errors, announceEnded } = defaultTexts
    /** Presses the first button by keyboard. A press within half a second after its meaning changed is ignored. */
    const press = (state: string) =>
      vi.waitFor(
        async () => {
          primary.focus()
          if (!container.querySelector(`[data-connection=${state}]`)) await userEvent.keyboard('{Enter}')
          expect(container.querySelector(`[data-connection=${state}]`)).not.toBeNull()
        },
        { interval: 100 },
      )
    const ends: [name: string, end: () => unknown, focus: string, said: string][] = [
      ['refused', () => press('failed'), 'Try again', `! ${errors['signalling-rejected']}`],
      ['left', () => emit({ type: 'agentLeft' }), 'Start conversation', announceEnded],
      ['moved', () => emit({ type: 'agentLeft', reason: 'moved' }), 'Try again', `! ${errors['call-moved']}`],
      [
        'failed',
        () => {
          const { type, error } = agentError('The model must answer; it did not.')
          emit({ type, error: { ...error, recoverable: false }, fatal: true })
        },
        'Try again',
        `! ${errors['agent-error']}`,
      ],
      [
        'lost',
        () => {
          delay = null
          emit({ type: 'connectionState', state: 'failed' })
        },
        'Try again',
        `! ${errors['reconnect-exhausted']}`,
      ],
      ['ended', () => press('disconnected'), 'Start conversation', announceEnded],
    ]
    for (const [name, end, focus, said] of ends) {
      if (name !== 'refused') {
        refusal = null
        await press('connected')
        await ears.expect('Connected.')
      }
      await end()
      await vi.waitFor(() => expect(focused(), name).toBe(focus))
      await ears.expect(said)
      expect(transport.open, name).toBe(0)
    }
  },
)

test.each(places)('in the %s, announcements are heard in an open dialog', async (place) => {
  const { transport, ears, voiceAgent, container } = await open(place)
  await voiceAgent.agent.connect()
  transport.emit({ type: 'userTranscriptReceived', text: 'Words', final: true })
  await ears.expect('Connected.')
  ;(await find(container, '[aria-label="New conversation"]:not([aria-disabled])')).click()
  const dialog = await find(container, '[role=alertdialog]')
  transport.emit(agentError('The model must answer; it did not.'))
  await ears.expect(trouble)
  expect(dialog.textContent).toContain(trouble)
})

test('an agent that never reports its voice counts as heard while sound plays', async () => {
  const { transport, ears, voiceAgent } = await open()
  await voiceAgent.agent.connect()
  await ears.expect('Connected.')
  const answer = (turnId: string) => {
    transport.emit({ type: 'assistantTurnStarted', turnId })
    transport.emit({ type: 'assistantTextAppended', turnId, delta: `Answer ${turnId}.` })
    transport.emit({ type: 'assistantTurnCompleted', turnId })
  }
  transport.emit({ type: 'playbackChanged', playback: 'playing' })
  answer('one')
  transport.emit({ type: 'playbackChanged', playback: 'idle' })
  answer('two')
  await ears.expect('Answer two.')
})

test('two quick answers, an error and a polite change are all announced', async () => {
  const { transport, ears, voiceAgent } = await open()
  await voiceAgent.agent.connect()
  voiceAgent.agent.setVolume(0)
  await ears.expect('Connected.')
  for (const turnId of ['one', 'two']) {
    transport.emit({ type: 'assistantTurnStarted', turnId })
    transport.emit({ type: 'assistantTextAppended', turnId, delta: `Answer ${turnId}.` })
  }
  for (const turnId of ['one', 'two']) transport.emit({ type: 'assistantTurnCompleted', turnId })
  transport.emit(agentError('First.'))
  transport.emit({ type: 'microphoneChanged', microphone: 'denied' })
  transport.emit(agentError('Second.', 'protocol-error'))
  await vi.waitFor(() =>
    expect(ears.heard.toSorted()).toEqual([
      expect.stringMatching(/^! Microphone blocked/),
      "A message from the agent couldn't be read. The call continues.",
      'Answer one.',
      'Answer two.',
      trouble,
    ]),
  )
})

test('a partially restored conversation is announced as it is shown', async () => {
  const { store, voiceAgent, ears, container } = await open()
  // Otherwise the agent's start may replace the state.
  await voiceAgent.sessionManager.initialize()
  store.dispatch(
    voiceAgent.actions.sessionRehydrated({
      id: 'earlier',
      tabId: 'tab',
      createdAt: 0,
      revision: 1,
      startedAt: null,
      endedAt: null,
      reconnectAttempts: 0,
      messages: pastMessages(3),
      firstLoadedIndex: 2,
      lost: [{ from: 0, count: 2 }],
    }),
  )
  const notice = await find(container, '[data-rva-part=notice-text]')
  await ears.expect('3 earlier messages restored.', notice.textContent ?? '')
  expect(notice.textContent).toContain('2 earlier messages')
})

test('if several assistants share an agent, the first visible one announces, even after another is removed', async () => {
  const app = mountAgent()
  const show = (...keys: string[]) =>
    app.inApp(
      keys.map((key) => (
        <div key={key} hidden={key === 'hidden'}>
          <WebRTCVoiceAssistant title={key} />
        </div>
      )),
    )
  const { container, render: renderAgain } = render(show('hidden', 'first', 'second'))
  const ears = listen(container)
  await find(container, '[aria-label=second]')
  await app.voiceAgent.agent.connect()
  await ears.expect('Connected.')
  expect(container.querySelector('[aria-label=first]')?.textContent).toContain('Connected.')
  renderAgain(show('hidden', 'second'))
  await vi.waitFor(() => expect(container.querySelector('[aria-label=first]')).toBeNull())
  app.transport.emit(agentError('Trouble.'))
  await ears.expect(trouble)
})

test("a rerender with new texts keeps the announcements, and another agent's announcements don't stay", async () => {
  const [one, other] = [mountAgent(), mountAgent()]
  const show = (app: typeof one, end: string) =>
    app.inApp(<WebRTCVoiceAssistant texts={{ end }} config={{ agent: app.voiceAgent }} />)
  const { container, render: renderAgain } = render(show(one, 'Stop'))
  await find(container, '[data-rva-part=primary]')
  await one.voiceAgent.agent.connect()
  const said = () => container.querySelector('[data-urgency=polite]')?.textContent
  await vi.waitFor(() => expect(said()).toBe('Connected.'))
  renderAgain(show(one, 'Finish'))
  await vi.waitFor(() => expect(container.textContent).toContain('Finish'))
  expect(said()).toBe('Connected.')
  renderAgain(show(other, 'Finish'))
  await painted()
  await vi.waitFor(() => expect(said()).toBe(''))
})
