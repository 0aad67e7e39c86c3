import fc from 'fast-check'
import { StrictMode } from 'react'
import type { CallCheckStep } from 'redux-voice-agent'
import {
  preloadVoiceAssistant,
  VoiceAssistantCallCheck,
  VoiceAssistantComposer,
  VoiceAssistantControls,
  VoiceAssistantDock,
  VoiceAssistantHeader,
  VoiceAssistantNotice,
  VoiceAssistantPictureInPicture,
  VoiceAssistantRoot,
  VoiceAssistantSheet,
  VoiceAssistantStatistics,
  VoiceAssistantTranscript,
  WebRTCVoiceAssistant,
} from 'redux-voice-agent/react'
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import { preferSystem } from './accessibility-tree.js'
import { findFocused, type Place, places, renderIn } from './places.js'
import { doubleOfWindow } from './small-window.js'
import { button, find, mountAgent, painted, pastMessages, sampleNetwork } from './support.js'

beforeAll(async () => {
  await preloadVoiceAssistant()
  // Preloaded, so that no step waits for the network.
  await import('../../../src/components/voice-agent/check/CheckSteps.js')
  await import('../../../src/components/voice-agent/window/index.js')
})

/** Buttons that end, decide or delete something. */
const destructive = '[data-does=disconnect], [data-rva-part^=approval-], [data-rva-part=dialog-confirm]'

/** The parts that an app shows: all, or those that remain when it removes some. */
const parts = {
  all: (
    <>
      <VoiceAssistantHeader />
      <VoiceAssistantStatistics />
      <VoiceAssistantNotice />
      <VoiceAssistantCallCheck />
      <VoiceAssistantTranscript />
      <VoiceAssistantDock>
        <VoiceAssistantComposer />
        <VoiceAssistantControls />
      </VoiceAssistantDock>
    </>
  ),
  few: (
    <>
      <VoiceAssistantNotice />
      <VoiceAssistantCallCheck />
      <VoiceAssistantDock>
        <VoiceAssistantControls />
      </VoiceAssistantDock>
    </>
  ),
}
type Parts = keyof typeof parts

/** In milliseconds. The warning appears at half time. A slow machine must get through the steps of the tour before. */
const IDLE_TIMEOUT = 3000

const views = {
  inline: () => <WebRTCVoiceAssistant title="Ask the shop" callWarnings />,
  parts: (shown: Parts) => (
    <VoiceAssistantRoot title="Ask the shop" callWarnings idleTimeout={IDLE_TIMEOUT}>
      {parts[shown]}
    </VoiceAssistantRoot>
  ),
  sheet: (shown: Parts) => (
    <VoiceAssistantRoot title="Ask the shop" callWarnings idleTimeout={IDLE_TIMEOUT}>
      <VoiceAssistantSheet>{parts[shown]}</VoiceAssistantSheet>
    </VoiceAssistantRoot>
  ),
  window: (shown: Parts) => (
    <VoiceAssistantRoot title="Ask the shop" callWarnings idleTimeout={IDLE_TIMEOUT}>
      <VoiceAssistantPictureInPicture>{parts[shown]}</VoiceAssistantPictureInPicture>
    </VoiceAssistantRoot>
  ),
}
type View = keyof typeof views

/** Replaces the check with one that finds a problem, because it would open a microphone and a connection. */
function doubleOfCheck(onChange: (steps: readonly CallCheckStep[]) => void = () => {}) {
  const steps: CallCheckStep[] = [
    { name: 'microphone', status: 'failed', finding: 'denied', error: null },
    { name: 'server', status: 'passed', finding: null, error: null },
  ]
  onChange(steps)
  return Promise.resolve(steps)
}

type App = ReturnType<typeof mountAgent>

function mount(count: number): App {
  const app = mountAgent(pastMessages(count), { reconnect: () => 60_000 })
  app.voiceAgent.agent.checkCall = doubleOfCheck
  return app
}

async function open(place: Place, view: View = 'inline', isStrict = false) {
  const apps = [mount(4), mount(2)] as const
  let [app] = apps as readonly [App, App]
  let shown: Parts = 'all'
  const show = () => {
    const page = app.inApp(views[view](shown))
    return isStrict ? <StrictMode>{page}</StrictMode> : page
  }
  const { container, outer, unmount, render } = renderIn(place, show())
  if (view === 'sheet') (await find(container, '[data-rva-part=sheet-bar]')).click()
  const root = await find(container, '[data-rva-part=root]')
  await find(container, 'article')
  const call = async () => {
    await app.voiceAgent.agent.connect()
    app.transport.emit({ type: 'microphoneChanged', microphone: 'live' })
    await find(container, '[data-rva-part=microphone]')
  }
  /** Changes made by the app. */
  const changes = {
    agent() {
      app = app === apps[0] ? apps[1] : apps[0]
      render(show())
    },
    parts() {
      shown = shown === 'all' ? 'few' : 'all'
      render(show())
    },
  }
  const dispose = () => Promise.all(apps.map(({ voiceAgent }) => voiceAgent.dispose()))
  return { ...app, container, outer, root, unmount, call, changes, current: () => app, dispose }
}

type Opened = Awaited<ReturnType<typeof open>>

test.each(places)(
  'in the %s, the focus stays in the assistant when the focused button disappears',
  async (place) => {
    const { container, transport, call, root, voiceAgent } = await open(place)
    for (const part of ['microphone', 'interrupt']) {
      await call()
      ;(await button(container, part)).focus()
      transport.emit({ type: 'agentLeft' })
      await find(container, '[data-does=connect]')
      await painted()
      const focused = findFocused()
      expect(root.contains(focused), part).toBe(true)
      expect(focused?.getAttribute('data-rva-part'), part).toBe('primary')
    }
    await call()
    transport.emit({ type: 'connectionState', state: 'failed' })
    ;(await button(container, 'notice-action')).focus()
    voiceAgent.agent.retry()
    await vi.waitFor(() => expect(container.querySelector('[data-rva-part=notice]')).toBeNull())
    await painted()
    // Not the main button, which ends the call.
    expect(findFocused()?.getAttribute('data-rva-part')).toBe('viewport')
  },
)

test.each(places)('in the %s, Jump to latest moves the focus to the transcript', async (place) => {
  const { container } = await open(place)
  const root = await find(container, '[data-rva-part=root]')
  root.style.blockSize = '300px'
  const viewport = await find(container, '[data-rva-part=viewport]')
  await painted()
  viewport.scrollTop = 0
  const jump = await button(container, 'jump')
  jump.focus()
  jump.click()
  await vi.waitFor(() => expect(findFocused()).toBe(viewport))
})

test.each(places)('in the %s, Escape closes each panel, and only the panel', async (place) => {
  const { container, outer } = await open(place)
  for (const [label, part] of [
    ['Statistics', 'statistics'],
    ['Conversations', 'conversations'],
    ['Microphone and speaker', 'device-panel'],
  ] as const) {
    const trigger = await find(container, `button[aria-label='${label}']`)
    const panel = () => container.querySelector<HTMLElement>(`[data-rva-part=${part}]`)
    for (const from of ['trigger', 'panel'] as const) {
      trigger.focus()
      trigger.click()
      const opened = await find(container, `[data-rva-part=${part}]`)
      const inside = opened.querySelector<HTMLElement>('button, select, input') ?? opened
      if (from === 'panel') inside.focus()
      else trigger.focus()
      await userEvent.keyboard('{Escape}')
      await vi.waitFor(() => expect(panel(), `${label}, ${from}`).toBeNull())
      expect(findFocused(), `${label}, ${from}`).toBe(trigger)
      if (outer instanceof HTMLDialogElement) expect(outer.open, `${label}, ${from}`).toBe(true)
    }
  }
})

test('in forced colours, the focused message field has a visible ring', async () => {
  await preferSystem({ 'forced-colors': 'active' })
  onTestFinished(() => preferSystem())
  const { container } = await open('light DOM')
  ;(await find(container, 'textarea')).focus()
  const { outlineStyle, outlineWidth } = getComputedStyle(
    await find(container, '[data-rva-part=composer-field]'),
  )
  expect([outlineStyle, outlineWidth]).toEqual(['solid', '2px'])
})

const events = {
  slow: (app) => sampleNetwork(app, 900),
  fast: (app) => sampleNetwork(app, 20),
  connect: ({ voiceAgent }) => void voiceAgent.agent.connect().catch(() => undefined),
  disconnect: ({ voiceAgent }) => void voiceAgent.agent.disconnect(),
  retry: ({ voiceAgent }) => voiceAgent.agent.retry(),
  newSession: ({ voiceAgent }) => void voiceAgent.agent.newSession().catch(() => undefined),
  voiceOnly: ({ voiceAgent }) => voiceAgent.agent.setTalkMode('hands-free'),
  textOnly: ({ voiceAgent }) => voiceAgent.agent.setTalkMode('text'),
  pushToTalk: ({ voiceAgent }) => voiceAgent.agent.setTalkMode('push-to-talk'),
  sendText: ({ voiceAgent }) => void voiceAgent.agent.sendText('Two, please.'),
  agentLeft: ({ transport }) => transport.emit({ type: 'agentLeft' }),
  lost: ({ transport }) => transport.emit({ type: 'connectionState', state: 'failed' }),
  back: ({ transport }) => transport.emit({ type: 'connectionState', state: 'connected' }),
  live: ({ transport }) => transport.emit({ type: 'microphoneChanged', microphone: 'live' }),
  denied: ({ transport }) => transport.emit({ type: 'microphoneChanged', microphone: 'denied' }),
  blocked: ({ transport }) => transport.emit({ type: 'playbackChanged', playback: 'blocked' }),
  playing: ({ transport }) => transport.emit({ type: 'playbackChanged', playback: 'playing' }),
  error: ({ transport }) =>
    transport.emit({
      type: 'agentErrorReported',
      error: { code: 'agent-error', message: 'The agent had trouble.', recoverable: true },
      fatal: false,
    }),
  toolCall: ({ transport }) =>
    transport.emit({ type: 'toolCallStarted', toolCallId: 'tool', name: 'order', arguments: {} }),
  approval: ({ transport }) => transport.emit({ type: 'toolApprovalNeeded', toolCallId: 'tool' }),
  toolDone: ({ transport }) =>
    transport.emit({ type: 'toolCallStopped', toolCallId: 'tool', cancelled: false }),
} satisfies Record<string, (app: App) => void>

/** Elements that appear and disappear with the state. */
const passing =
  '[data-rva-part=dock] button, [data-rva-part=notice] button, [data-rva-part=call-check] button, article button'

const press = (...names: string[]) => fc.record({ press: fc.constantFrom(...names) })
const event = fc.constantFrom(...(Object.keys(events) as (keyof typeof events)[]))
const step = fc.oneof(
  fc.record({ focus: fc.nat(30), among: fc.constant(passing), event }),
  fc.record({ focus: fc.nat(30), among: fc.constant('button, textarea, [tabindex="0"]') }),
  press('Statistics', 'Conversations', 'Microphone and speaker'),
  press('Conversations', 'Rename this conversation', 'Save name'),
  press(
    'Check sound and connection',
    'Close the check',
    'New conversation',
    'Cancel',
    'Keep talking',
    'Dismiss',
  ),
  press('Close the assistant', 'Ask the shop'),
  press('Open in a small window', 'Bring it back'),
  fc.record({ change: fc.constantFrom('agent' as const, 'parts' as const) }),
  fc.record({ event }),
  // The user says and does nothing until the warning, or until the call ends.
  fc.record({ quietUntil: fc.constantFrom('warning', 'end') }),
)

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

/** The small window's document, while it is open. */
const smallWindow = () =>
  (window.top as { documentPictureInPicture?: { window: Window | null } }).documentPictureInPicture?.window
    ?.document ?? null

/** Elements that the user can reach. A modal dialog makes those behind it inert. */
function reachable(container: HTMLElement, selector: string): HTMLElement[] {
  return [smallWindow()?.body, container].flatMap((scope) => {
    const dialogs = scope?.querySelectorAll<HTMLElement>('dialog[open]')
    return [...((dialogs?.[dialogs.length - 1] ?? scope)?.querySelectorAll<HTMLElement>(selector) ?? [])]
  })
}

async function pressNamed(container: HTMLElement, name: string) {
  const button = reachable(container, 'button').find((one) =>
    (one.getAttribute('aria-label') ?? one.textContent)?.startsWith(name),
  )
  // Pressing a button in the page takes the focus from the window.
  if (smallWindow() && button?.ownerDocument === container.ownerDocument) button.focus()
  button?.click()
  // During a call, the check's button does nothing. Its steps are loaded by the press, which may take longer than two frames.
  const check = button?.closest<HTMLElement>('[data-rva-part=call-check]')
  if (name === 'Check sound and connection' && check && button?.ariaDisabled !== 'true')
    await find(check, '[data-rva-part=check-steps]')
  // A window opens and closes over several frames. `mustBeSeen` checks that it does.
  const isOpen = () => container.querySelector('[data-rva-part=pip-note]') !== null
  const wanted = new Map([
    ['Open in a small window', () => isOpen() && smallWindow() !== null],
    ['Bring it back', () => !isOpen()],
  ]).get(name)
  if (button && wanted) await vi.waitUntil(wanted, 2_000).catch(() => {})
}

async function stayQuiet({ container, current }: Opened, until: string) {
  const { voiceAgent, store } = current()
  const { connection, conversation } = voiceAgent.selectors.selectVoiceAgent(store.getState())
  if (connection.status !== 'connected' || conversation.status !== 'listening') return
  // A window may be opening or closing, so each query searches both documents.
  const shown = (selector: string) =>
    smallWindow()?.body.querySelector(selector) ?? container.querySelector(selector)
  // The bar alone shows no notice, and the slot shows only the most severe one.
  if (!shown('[data-rva-part=call-check]') || shown('[data-notice]:not([data-notice=idle])')) return
  await vi.waitUntil(() => shown('[data-notice=idle]'))
  if (until === 'end') await vi.waitUntil(() => shown('[data-does=connect]'))
}

/** True if the focus is in the assistant, in the page or in its window. */
const isInside = ({ root }: Opened, focused: Element | null) =>
  root.contains(focused) || (focused !== null && smallWindow()?.body.contains(focused)) === true

/** The start of an element's markup, for failure messages. */
const describe = (element: Element | null) => element?.outerHTML.slice(0, 90) ?? 'the page'

async function take(next: Step, opened: Opened) {
  const { container, changes, current } = opened
  if ('press' in next) await pressNamed(container, next.press)
  if ('quietUntil' in next) await stayQuiet(opened, next.quietUntil)
  if ('change' in next) changes[next.change]()
  if ('event' in next) {
    try {
      events[next.event](current())
    } catch {
      // A request that makes no sense now.
    }
  }
  await painted()
}

/** Steps that show each notice and dialog, whatever the random steps do. */
const tour: Step[] = [
  // The call monitor is loaded once it has warned.
  { quietUntil: 'warning' },
  { press: 'Keep talking' },
  { press: 'Close the assistant' },
  { press: 'Ask the shop' },
  { press: 'Open in a small window' },
  { press: 'Bring it back' },
  { event: 'slow' },
  { press: 'Dismiss' },
  { press: 'Conversations' },
  { press: 'New conversation' },
  { press: 'Cancel' },
  { press: 'Conversations' },
  { quietUntil: 'end' },
  { press: 'Check sound and connection' },
  { press: 'Close the check' },
]

/** Notices and dialogs that every run must have shown at least once. Otherwise, the steps would prove nothing. */
const mustBeSeen: Record<Exclude<View, 'inline'>, readonly string[]> = {
  parts: ['idle', 'ended-idle', 'slow-network', 'check-steps', 'dialog'],
  sheet: ['idle', 'ended-idle', 'slow-network', 'check-steps', 'dialog', 'sheet'],
  window: ['idle', 'slow-network', 'check-steps', 'dialog', 'pip-note'],
}

/** `npm run test:slow` makes more runs. */
const numRuns = import.meta.env?.VITE_SLOW ? 30 : 5

test.each(['parts', 'sheet', 'window'] as const)(
  '%s: whatever is rendered or removed, the focus stays in the assistant and never moves to a destructive button',
  { timeout: 180_000 },
  async (view) => {
    if (view === 'window') doubleOfWindow()
    // The clock stands still while the machine is too busy for this page, so that no warning is missed.
    const toFake = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] as const
    vi.useFakeTimers({ shouldAdvanceTime: true, toFake: [...toFake] })
    onTestFinished(() => void vi.useRealTimers())
    let lost = 0
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...places),
        fc.boolean(),
        fc.array(step, { minLength: 5, maxLength: 25 }),
        async (place, isStrict, steps) => {
          const opened = await open(place, view, isStrict)
          const { container, unmount, outer } = opened
          try {
            await opened.call()
            for (const next of steps) {
              // In the double, the window and the page share one focus, which is lost when the window closes.
              if (view === 'window' && 'change' in next && smallWindow()) continue
              if ('focus' in next || findFocused() === null) {
                const all = reachable(container, 'among' in next ? next.among : 'textarea, button')
                all['focus' in next ? next.focus % all.length : 0]?.focus()
              }
              const before = findFocused()
              const hadFocus = isInside(opened, before)
              await take(next, opened)
              const marks =
                '[data-notice], [data-rva-part=check-steps], dialog[open], [data-rva-part=pip-note]'
              for (const { dataset } of [smallWindow()?.body, container].flatMap((scope) => [
                ...(scope?.querySelectorAll<HTMLElement>(marks) ?? []),
              ]))
                seen.add(dataset.notice ?? dataset.rvaPart ?? '')
              if (!hadFocus) continue
              if (!before?.isConnected) lost++
              // A window opens and closes over several frames.
              if (view === 'window') await vi.waitUntil(() => isInside(opened, findFocused())).catch(() => {})
              const after = findFocused()
              const told = `${JSON.stringify(next)}, from ${describe(before)} to ${describe(after)}`
              expect(isInside(opened, after), told).toBe(true)
              if (after !== before) expect(after?.matches(destructive), told).toBe(false)
            }
          } finally {
            // Even after a failure, because a leftover modal dialog would take the focus from the next run.
            unmount()
            outer.remove()
            await opened.dispose()
          }
        },
      ),
      { numRuns, seed: 15, endOnFailure: true, examples: [[places[0], false, tour]] },
    )
    expect(lost).toBeGreaterThanOrEqual(5)
    expect([...seen]).toEqual(expect.arrayContaining([...mustBeSeen[view]]))
  },
)
