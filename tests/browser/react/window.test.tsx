import { StrictMode } from 'react'
import {
  preloadVoiceAssistant,
  VoiceAssistantComposer,
  VoiceAssistantControls,
  VoiceAssistantHeader,
  VoiceAssistantPictureInPicture,
  VoiceAssistantRoot,
  VoiceAssistantTranscript,
  WebRTCVoiceAssistant,
} from 'redux-voice-agent/react'
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { findFocused, pressAfterChange } from './places.js'
import { doubleOfWindow } from './small-window.js'
import { button, find, listen, mountAgent, painted, render } from './support.js'

beforeAll(() => preloadVoiceAssistant())

type App = ReturnType<typeof mountAgent>

const Assistant = (props: { agent: App['voiceAgent']; idleTimeout?: number; title?: string }) => {
  const { agent, idleTimeout = 0, title = 'Ask the shop' } = props
  return (
    <VoiceAssistantRoot config={{ agent }} title={title} idleTimeout={idleTimeout}>
      <VoiceAssistantPictureInPicture>
        <VoiceAssistantHeader />
        <VoiceAssistantTranscript />
        <VoiceAssistantComposer />
        <VoiceAssistantControls />
      </VoiceAssistantPictureInPicture>
    </VoiceAssistantRoot>
  )
}

async function open(idleTimeout = 0) {
  const double = doubleOfWindow()
  const app = mountAgent()
  const shown = render(app.inApp(<Assistant agent={app.voiceAgent} idleTimeout={idleTimeout} />))
  await app.voiceAgent.agent.connect()
  ;(await find(shown.container, '[aria-label="Open in a small window"]')).click()
  const view = await vi.waitFor(() => {
    const [first] = double.opened
    if (!first?.document.querySelector('[data-rva-part=root] textarea')) throw new Error('No window.')
    return first
  }, 15_000)
  return { ...app, ...shown, ...double, view, inside: view.document.body }
}

test('a small window takes over the parts, the focus and the announcements, and returns them when it closes', async () => {
  document.documentElement.classList.add('of-the-app')
  document.body.style.setProperty('--rva-accent', 'rgb(1, 2, 3)')
  onTestFinished(() => {
    document.documentElement.classList.remove('of-the-app')
    document.body.style.removeProperty('--rva-accent')
  })
  const { container, view, inside, transport, requestWindow } = await open()
  const frame = await find(inside, '[data-rva-part=root]')
  expect(container.querySelector('textarea')).toBeNull()
  expect(container.textContent).toContain('The assistant is in a small window.')
  expect(findFocused()).toBe(frame)
  // It looks the same as in the page.
  expect(view.document.documentElement.className).toBe('of-the-app')
  const send = await find(inside, '[data-rva-part=send] [data-rva-part=icon]')
  expect(view.getComputedStyle(frame).display).toBe('flex')
  expect(view.getComputedStyle(send).getPropertyValue('--rva-accent')).toBe('rgb(1, 2, 3)')
  const ears = listen(inside)
  transport.emit({ type: 'microphoneChanged', microphone: 'denied' })
  await vi.waitFor(() => expect(ears.heard).toEqual([expect.stringMatching(/^Microphone blocked/)]))
  expect(container.textContent).not.toContain('Microphone blocked')
  // The same call continues.
  expect(transport.open).toBe(1)
  view.close()
  await find(container, 'textarea')
  expect(findFocused()?.getAttribute('aria-label')).toBe('Open in a small window')
  expect(transport.open).toBe(1)
  expect(requestWindow).toHaveBeenCalledOnce()
})

test('in the window, the focus stays in the assistant when the focused button disappears', async () => {
  const { inside, transport } = await open()
  transport.emit({ type: 'microphoneChanged', microphone: 'live' })
  ;(await button(inside, 'microphone')).focus()
  transport.emit({ type: 'agentLeft' })
  await find(inside, '[data-does=connect]')
  await vi.waitFor(() => expect(findFocused()?.getAttribute('data-rva-part')).toBe('primary'))
})

test('a key press in the window withdraws the warning of an idle call', async () => {
  const { voiceAgent, store, view, inside } = await open(2000)
  const ears = listen(inside)
  await ears.expect('Are you still there? The conversation ends in 1 second.')
  view.document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Shift' }))
  // Without the key press, the call would end before the second warning.
  await ears.expect('Are you still there? The conversation ends in 1 second.')
  const { connection } = voiceAgent.selectors.selectVoiceAgent(store.getState())
  expect(connection.status).toBe('connected')
})

test('the page takes the parts back, and closes a window that opens too late', async () => {
  const { container, view, opened, render: renderAgain, voiceAgent, inApp, requestWindow } = await open()
  const back = [...container.querySelectorAll('button')].find((one) => one.textContent === 'Bring it back')
  // The second click of a double click.
  back?.dispatchEvent(new MouseEvent('click', { bubbles: true, detail: 2 }))
  expect(view.closed).toBe(false)
  back?.click()
  const openButton = await find(container, '[aria-label="Open in a small window"]')
  expect(view.closed).toBe(true)
  openButton.click()
  openButton.click()
  await vi.waitFor(() => expect(opened).toHaveLength(2))
  expect(requestWindow).toHaveBeenCalledTimes(2)
  await vi.waitFor(() => expect(opened[1]?.document.querySelector('textarea')).not.toBeNull())
  // Another agent has another conversation.
  const other = mountAgent()
  renderAgain(other.inApp(<Assistant agent={other.voiceAgent} />))
  await vi.waitFor(() => expect(opened[1]?.closed).toBe(true))
  renderAgain(inApp(<Assistant agent={voiceAgent} title="Again" />))
  const again = await find(container, '[aria-label=Again] [aria-label="Open in a small window"]')
  let arrive = () => {}
  const request = requestWindow.getMockImplementation()
  requestWindow.mockImplementationOnce(async () => {
    await new Promise<void>((resolve) => {
      arrive = resolve
    })
    return (await request?.()) as Window & typeof globalThis
  })
  again.click()
  await vi.waitFor(() => expect(requestWindow).toHaveBeenCalledTimes(3))
  renderAgain(null)
  await vi.waitFor(() => expect(container.textContent).toBe(''))
  arrive()
  await vi.waitFor(() => expect(opened[2]?.closed).toBe(true))
})

test('presses before the window is shown open no second one', async () => {
  const { requestWindow, opened } = doubleOfWindow()
  const app = mountAgent()
  const { container } = render(app.inApp(<Assistant agent={app.voiceAgent} />))
  const openButton = await find(container, '[aria-label="Open in a small window"]')
  const request = requestWindow.getMockImplementation() as typeof requestWindow
  requestWindow.mockImplementation(async () => {
    const view = await request()
    // The window exists, but React has not rendered yet.
    const pressUntilShown = (left: number) => {
      if (left === 0 || !openButton.isConnected) return
      openButton.click()
      queueMicrotask(() => pressUntilShown(left - 1))
    }
    queueMicrotask(() => pressUntilShown(20))
    return view
  })
  openButton.focus()
  openButton.click()
  await vi.waitUntil(() => opened.at(-1)?.document.querySelector('textarea'))
  await painted()
  expect(requestWindow).toHaveBeenCalledTimes(1)
  expect(findFocused()?.ownerDocument).toBe(opened[0]?.document)
})

test('a refusal by the browser is reported, and the assistant stays', async () => {
  const { requestWindow } = doubleOfWindow()
  requestWindow.mockRejectedValueOnce(new DOMException('No click.', 'NotAllowedError'))
  const app = mountAgent()
  const { container } = render(
    app.inApp(
      <StrictMode>
        <Assistant agent={app.voiceAgent} />
      </StrictMode>,
    ),
  )
  const openButton = await find(container, '[aria-label="Open in a small window"]')
  openButton.click()
  await vi.waitFor(() =>
    expect(container.querySelector('[role=alert]')?.textContent).toBe(
      "The small window couldn't be opened. Try again.",
    ),
  )
  expect(container.querySelector('textarea')).not.toBeNull()
  openButton.click()
  await vi.waitFor(() => expect(container.querySelector('textarea')).toBeNull())
})

test('the views in the window and in the page speak once, with one call', async () => {
  const double = doubleOfWindow()
  const app = mountAgent()
  const { container } = render(
    app.inApp(
      <>
        <Assistant agent={app.voiceAgent} />
        <WebRTCVoiceAssistant title="Second" />
      </>,
    ),
  )
  ;(await find(container, '[aria-label="Open in a small window"]')).click()
  const [view] = await vi.waitFor(() => {
    expect(double.opened[0]?.document.querySelector('textarea')).toBeTruthy()
    return double.opened
  }, 15_000)
  const inside = view?.document.body as HTMLElement
  const ears = [listen(inside), listen(container)]
  await pressAfterChange(await button(inside, 'primary'), () => expect(app.transport.open).toBe(1))
  await ears[0]?.expect('Connected.')
  expect(ears[1]?.heard).toEqual([])
})

test('a microphone that was tapped open in the window closes when the window loses focus', async () => {
  const { inside, view, voiceAgent, transport } = await open()
  voiceAgent.agent.setTalkMode('push-to-talk')
  transport.emit({ type: 'microphoneChanged', microphone: 'muted' })
  const talk = await find(inside, '[data-rva-part=talk]:not([aria-disabled])')
  const stop = vi.spyOn(voiceAgent.agent, 'stopTalking')
  talk.click()
  view.dispatchEvent(new Event('blur'))
  expect(stop).toHaveBeenCalledOnce()
})
