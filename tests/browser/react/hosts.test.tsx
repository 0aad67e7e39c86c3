import { Activity, Profiler } from 'react'
import { createRoot } from 'react-dom/client'
import type { Message } from 'redux-voice-agent'
import { preloadVoiceAssistant, useVoiceAgentCommands, WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { defaultTexts } from 'redux-voice-agent/texts'
import { expect, onTestFinished, test, vi } from 'vitest'
import { places, renderIn } from './places.js'
import { button, find, mountAgent, painted, pastMessages, recordConsole, render } from './support.js'

const background = (element: Element) => getComputedStyle(element).backgroundColor

test.each(places)(
  'in the %s, a colour set on the outermost element applies to the assistant',
  async (place) => {
    const app = mountAgent(pastMessages(2))
    const { container } = renderIn(place, app.inApp(<WebRTCVoiceAssistant />))
    const primary = await button(container, 'primary')
    const { documentElement } = container.ownerDocument
    onTestFinished(() => documentElement.removeAttribute('style'))
    // Without a transition, and without a hover colour, because an earlier test may have left the pointer there.
    primary.style.pointerEvents = 'none'
    documentElement.style.cssText = '--rva-duration: 0ms'
    await painted()
    documentElement.style.cssText += '; --rva-accent: rgb(1, 2, 3)'
    expect(background(primary)).toBe('rgb(1, 2, 3)')
    container.style.setProperty('--rva-accent', 'rgb(4, 5, 6)')
    expect(background(primary)).toBe('rgb(4, 5, 6)')
    primary.style.setProperty('--rva-accent', 'rgb(7, 8, 9)')
    expect(background(primary)).toBe('rgb(7, 8, 9)')
  },
)

/** Loads an empty frame with a CSP that allows neither inline styles nor markup from strings. */
async function openStrictFrame() {
  const frame = document.createElement('iframe')
  const policy = "default-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
  frame.srcdoc = `<meta http-equiv="Content-Security-Policy" content="${policy}"><body>`
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve))
  document.body.append(frame)
  onTestFinished(() => frame.remove())
  await loaded
  const { contentDocument } = frame
  if (!contentDocument) throw new Error('The frame has no document.')
  const violations: string[] = []
  contentDocument.addEventListener('securitypolicyviolation', ({ violatedDirective, sample }) => {
    violations.push(`${violatedDirective}: ${sample}`)
  })
  return { body: contentDocument.body, violations }
}

test('a page with a strict CSP and Trusted Types reports no violation in a whole call', async () => {
  const { body, violations } = await openStrictFrame()
  await preloadVoiceAssistant()
  const app = mountAgent(pastMessages(160))
  const root = createRoot(body.appendChild(document.createElement('div')))
  root.render(app.inApp(<WebRTCVoiceAssistant />))
  onTestFinished(() => root.unmount())
  await find(body, 'article')
  await app.voiceAgent.agent.connect()
  const { emit } = app.transport
  emit({ type: 'microphoneChanged', microphone: 'live' })
  emit({ type: 'assistantTurnStarted', turnId: 'turn' })
  emit({ type: 'assistantTextAppended', turnId: 'turn', delta: 'Two of them.' })
  emit({ type: 'toolCallStarted', toolCallId: 'tool', name: 'order', arguments: { count: 2 } })
  emit({ type: 'toolApprovalNeeded', toolCallId: 'tool' })
  await find(body, '[data-rva-part=approval]')
  for (const label of ['Statistics', 'Microphone and speaker', 'Conversations', 'New conversation']) {
    ;(await find(body, `button[aria-label='${label}']`)).click()
    await painted()
  }
  expect(body.querySelectorAll('dialog, [data-rva-part=conversations]')).toHaveLength(2)
  emit({
    type: 'agentErrorReported',
    error: { code: 'agent-error', message: 'The voice is resting.', recoverable: true },
    fatal: false,
  })
  await find(body, '[data-rva-part=notice]')
  emit({ type: 'connectionState', state: 'failed' })
  await vi.waitFor(() => expect(body.querySelectorAll('article').length).toBeGreaterThan(160), 45_000)
  expect(violations).toEqual([])
  // Checks that the policy is in force.
  body.append(Object.assign(document.createElement('style'), { textContent: 'p { color: red }' }))
  await vi.waitFor(() => expect(violations).toHaveLength(1))
  expect(() => {
    body.innerHTML = '<p>words</p>'
  }).toThrow(/TrustedHTML/)
})

test('the elements have the language and full title, and statistics can be omitted', async () => {
  const title = 'Ask the shop about kettles, teapots and everything else that it sells in the whole country'
  const app = mountAgent()
  const { container } = render(
    app.inApp(<WebRTCVoiceAssistant title={title} texts={{ locale: 'de' }} showStatistics={false} />),
  )
  const root = await find(container, '[data-rva-part=root]')
  expect(root.lang).toBe('de')
  expect((await find(container, 'h2')).title).toBe(title)
  expect(container.querySelector('[data-icon=signal]')).toBeNull()
})

test('in a page that sets no height, the panel keeps its own height as messages arrive, with room to read', async () => {
  const heights = []
  for (const count of [0, 2, 40]) {
    const { container } = render(mountAgent(pastMessages(count)).inApp(<WebRTCVoiceAssistant />))
    container.style.inlineSize = '400px'
    const root = await find(container, '[data-rva-part=root]')
    await find(container, count > 0 ? 'article' : '[data-rva-part=empty]')
    await painted()
    heights.push(root.offsetHeight)
    expect((await find(container, '[data-rva-part=viewport]')).clientHeight).toBeGreaterThanOrEqual(260)
    container.style.blockSize = '300px'
    expect(root.offsetHeight).toBeLessThanOrEqual(352)
  }
  expect(new Set(heights).size).toBe(1)
})

test('open statistics leave the first button visible in a panel of 556 px', async () => {
  const app = mountAgent(pastMessages(6))
  await preloadVoiceAssistant()
  const { container } = render(app.inApp(<WebRTCVoiceAssistant />))
  container.style.cssText = 'inline-size: 360px; block-size: 556px'
  await app.voiceAgent.agent.connect()
  app.transport.emit({ type: 'microphoneChanged', microphone: 'denied' })
  ;(await find(container, '[aria-label=Statistics]')).click()
  await find(container, '[data-rva-part=statistics]')
  await painted()
  const { bottom } = (await button(container, 'primary')).getBoundingClientRect()
  expect(bottom).toBeLessThanOrEqual(container.getBoundingClientRect().bottom)
})

test('if a message slot throws or suspends, its plain text and the first button remain', async () => {
  recordConsole()
  const Slot = ({ message }: { message: Message }) => {
    if (message.id === 'past-0') throw new Error('A bad message.')
    if (message.id === 'past-1') throw new Promise(() => {})
    return <b>{message.text}</b>
  }
  const Broken = () => {
    throw new Error('A bad slot.')
  }
  const app = mountAgent(pastMessages(3))
  const { container } = render(
    app.inApp(<WebRTCVoiceAssistant slots={{ message: Slot, headerEnd: <Broken /> }} />),
  )
  await app.voiceAgent.agent.connect()
  await find(container, '[data-does=disconnect]')
  const texts = [...container.querySelectorAll('[data-rva-part=text]')].map((text) => text.textContent)
  expect(texts).toEqual(pastMessages(3).map(({ text }) => text))
  expect(container.querySelectorAll('b')).toHaveLength(1)
})

test("if an app's text throws, the first button and the other messages remain", async () => {
  recordConsole()
  // The announcer reports it like an uncaught error.
  const { queueMicrotask: queue } = globalThis
  const reported: unknown[] = []
  const spy = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((run) =>
    queue(() => {
      try {
        run()
      } catch (error) {
        reported.push(error)
      }
    }),
  )
  onTestFinished(() => spy.mockRestore())
  const app = mountAgent(pastMessages(3))
  const texts = {
    toolCall() {
      throw new Error('A bad text.')
    },
  }
  const { container } = render(app.inApp(<WebRTCVoiceAssistant texts={texts} />))
  await app.voiceAgent.agent.connect()
  app.transport.emit({ type: 'toolCallStarted', toolCallId: 'tool', name: 'order', arguments: {} })
  await vi.waitFor(() => expect(container.querySelector('[data-by=tool]')?.textContent).toBe('order'))
  expect(container.querySelectorAll('article')).toHaveLength(4)
  expect((await button(container, 'primary')).textContent).toBe('End conversation')
  expect(reported).toMatchObject([{ message: 'A bad text.' }])
})

test.each(places)('in the %s, a dropped file does not navigate the page away', async (place) => {
  const app = mountAgent(pastMessages(2))
  const { container } = renderIn(place, app.inApp(<WebRTCVoiceAssistant />))
  const article = await find(container, 'article')
  const { body } = container.ownerDocument
  const beside = body.appendChild(container.ownerDocument.createElement('p'))
  const field = container.appendChild(container.ownerDocument.createElement('input'))
  field.type = 'file'
  onTestFinished(() => beside.remove())
  const drop = (target: Element, data: DataTransfer) => {
    const init = { dataTransfer: data, bubbles: true, cancelable: true, composed: true }
    return !target.dispatchEvent(new DragEvent('drop', init))
  }
  const files = new DataTransfer()
  files.items.add(new File(['words'], 'words.txt'))
  const words = new DataTransfer()
  words.setData('text/plain', 'words')
  await vi.waitFor(() => expect(drop(article, files)).toBe(true))
  expect([drop(article, words), drop(beside, files)]).toEqual([false, false])
  await app.voiceAgent.agent.connect()
  await vi.waitFor(() => expect(drop(beside, files)).toBe(true))
  // A file input accepts the file.
  expect([drop(article, files), drop(beside, words), drop(field, files)]).toEqual([true, false, false])
  await app.voiceAgent.agent.disconnect()
  await vi.waitFor(() => expect(drop(beside, files)).toBe(false))
})

test('a component that only uses commands does not render while text streams', async () => {
  const app = mountAgent()
  const rendered: string[] = []
  const Start = () => {
    const { connect } = useVoiceAgentCommands()
    return (
      <button type="button" onClick={() => void connect()}>
        Call
      </button>
    )
  }
  const { container } = render(
    app.inApp(
      <Profiler id="start" onRender={(id) => rendered.push(id)}>
        <Start />
      </Profiler>,
    ),
  )
  ;(await find(container, 'button')).click()
  await vi.waitFor(() => expect(app.store.getState().voiceAgent.connection.status).toBe('connected'))
  app.transport.emit({ type: 'assistantTurnStarted', turnId: 'turn' })
  app.transport.emit({ type: 'assistantTextAppended', turnId: 'turn', delta: 'Two.' })
  await painted()
  expect(rendered).toEqual(['start'])
})

// React 18 has no Activity.
test.skipIf(Activity === undefined)(
  'hiding an Activity inside the provider does not end the call',
  async () => {
    const app = mountAgent()
    const status = () => app.store.getState().voiceAgent.connection.status
    const show = (mode: 'visible' | 'hidden') =>
      app.inApp(
        <Activity mode={mode}>
          <WebRTCVoiceAssistant />
        </Activity>,
      )
    const { container, render: renderAgain } = render(show('visible'))
    await button(container, 'primary')
    await app.voiceAgent.agent.connect()
    renderAgain(show('hidden'))
    await painted()
    await painted()
    expect(status()).toBe('connected')
  },
)

test.skipIf(Activity === undefined)(
  'hiding an Activity that contains the provider ends the call',
  async () => {
    const app = mountAgent()
    const status = () => app.store.getState().voiceAgent.connection.status
    const show = (mode: 'visible' | 'hidden') => (
      <Activity mode={mode}>{app.inApp(<WebRTCVoiceAssistant />)}</Activity>
    )
    const { container, render: renderAgain } = render(show('visible'))
    await button(container, 'primary')
    await app.voiceAgent.agent.connect()
    renderAgain(show('hidden'))
    await vi.waitFor(() => expect(status()).toBe('disconnected'))
    renderAgain(show('visible'))
    await vi.waitFor(() =>
      expect(container.querySelector('[data-rva-part=primary]')?.textContent).toBe('Start conversation'),
    )
  },
)

test('if a device menu throws, the first button remains', async () => {
  recordConsole()
  const app = mountAgent()
  await preloadVoiceAssistant()
  const talkModes = new Proxy(defaultTexts.talkModes, {
    get() {
      throw new Error('A bad text.')
    },
  })
  const { container } = render(app.inApp(<WebRTCVoiceAssistant texts={{ talkModes }} />))
  await app.voiceAgent.agent.connect()
  ;(await button(container, 'devices')).click()
  await painted()
  expect((await button(container, 'primary')).textContent).toBe('End conversation')
  expect(container.querySelector('[data-rva-part=device-panel]')).toBeNull()
})
