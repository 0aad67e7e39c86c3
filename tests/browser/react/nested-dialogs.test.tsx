import { type ReactNode, StrictMode, useState } from 'react'
import type { CallCheckStep } from 'redux-voice-agent'
import type { PasskeyKeyProvider } from 'redux-voice-agent/passkey'
import { PasskeyDialog } from 'redux-voice-agent/passkey/react'
import {
  preloadVoiceAssistant,
  VoiceAssistantCallCheck,
  VoiceAssistantComposer,
  VoiceAssistantControls,
  VoiceAssistantHeader,
  VoiceAssistantRoot,
  VoiceAssistantSheet,
  VoiceAssistantTranscript,
} from 'redux-voice-agent/react'
import { beforeAll, expect, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import { findFocused, type Place, places, renderIn } from './places.js'
import { find, mountAgent, painted, pastMessages, recordConsole } from './support.js'

beforeAll(() => preloadVoiceAssistant())

/** Passkeys that are set up but never requested. */
function lockedProvider(): PasskeyKeyProvider {
  const unused = () => Promise.reject(new Error('No passkey is asked for.'))
  return Object.assign(unused, {
    status: async () => ({ state: 'locked' as const, passkeys: [] }),
    unlock: unused,
    setUp: unused,
    addPasskey: unused,
    recover: unused,
    renewRecoveryCode: unused,
    removePasskey: unused,
    lock: () => {},
    subscribe: () => () => {},
  })
}
const keyProvider = lockedProvider()

/** An app's button that opens the passkey dialog. */
function Unlock({ onClose = () => {} }: { onClose?: () => void }) {
  const [isOpen, setIsOpen] = useState(false)
  return (
    <>
      <button type="button" onClick={() => setIsOpen(true)}>
        Unlock
      </button>
      {isOpen && (
        <PasskeyDialog
          keyProvider={keyProvider}
          onDone={() => setIsOpen(false)}
          onClose={() => {
            setIsOpen(false)
            onClose()
          }}
        />
      )}
    </>
  )
}

type App = ReturnType<typeof mountAgent>

function mount(count: number): App {
  const app = mountAgent(pastMessages(count))
  const steps: CallCheckStep[] = [{ name: 'server', status: 'passed', finding: null, error: null }]
  // A double, because it would open a microphone and a connection.
  app.voiceAgent.agent.checkCall = async (onChange = () => {}) => {
    onChange(steps)
    return steps
  }
  return app
}

const inSheet = (unlock: ReactNode) => (
  <VoiceAssistantRoot title="Ask the shop">
    <VoiceAssistantSheet>
      {unlock}
      <VoiceAssistantHeader />
      <VoiceAssistantCallCheck />
      <VoiceAssistantTranscript />
      <VoiceAssistantComposer />
      <VoiceAssistantControls />
    </VoiceAssistantSheet>
  </VoiceAssistantRoot>
)

async function open(place: Place, isStrict = false) {
  const [app, other] = [mount(4), mount(2)]
  const onPasskeyClose = vi.fn()
  const show = ({ inApp }: App, hasAssistant = true) => {
    const page = inApp(
      <>
        <button type="button">Behind</button>
        {hasAssistant && inSheet(<Unlock onClose={onPasskeyClose} />)}
      </>,
    )
    return isStrict ? <StrictMode>{page}</StrictMode> : page
  }
  const { container, outer, render } = renderIn(place, show(app))
  const bar = await find(container, '[data-rva-part=sheet-bar]')
  const behind = await find(container, 'button')
  const named = (name: string) =>
    vi.waitFor(() => {
      const found = [...container.querySelectorAll<HTMLElement>('button')].find(
        (one) => (one.getAttribute('aria-label') ?? one.textContent) === name,
      )
      if (!found) throw new Error(`There is no button ${name}.`)
      return found
    }, 15_000)
  const pressNamed = async (name: string) => {
    ;(await named(name)).focus()
    await userEvent.keyboard('{Enter}')
  }
  const dialogs = () => [...container.querySelectorAll<HTMLDialogElement>('dialog[open]')]
  const isHostOpen = () => !(outer instanceof HTMLDialogElement) || outer.open
  return {
    ...{ app, container, bar, behind, named, pressNamed, dialogs, isHostOpen, onPasskeyClose },
    change: () => render(show(other)),
    remove: () => render(show(app, false)),
  }
}

type Opened = Awaited<ReturnType<typeof open>>

/** Each dialog over the sheet: its steps, and the accessible name of the element that gets the focus back. */
const inner: Record<string, { steps: readonly string[]; opener: string }> = {
  question: { steps: ['New conversation'], opener: 'New conversation' },
  passphrase: {
    steps: ['Conversations', 'Save this conversation as a file'],
    opener: 'Save this conversation as a file',
  },
  passkey: { steps: ['Unlock'], opener: 'Unlock' },
}

async function openInner({ app, bar, pressNamed, dialogs, container }: Opened, steps: readonly string[]) {
  bar.focus()
  await userEvent.keyboard('{Enter}')
  await find(container, 'dialog[open] textarea')
  await app.voiceAgent.agent.connect()
  for (const name of steps) await pressNamed(name)
  await vi.waitFor(() => expect(dialogs()).toHaveLength(2))
}

const focusedName = () => findFocused()?.getAttribute('aria-label') ?? findFocused()?.textContent

test.each(places)(
  'in the %s, Escape closes the innermost dialog first, and restores the focus each time',
  async (place) => {
    const opened = await open(place)
    const { app, bar, container, dialogs, isHostOpen, onPasskeyClose, pressNamed } = opened
    for (const [what, { steps, opener }] of Object.entries(inner)) {
      await openInner(opened, steps)
      // The focus stays in it.
      for (let stop = 0; stop < 8; stop++) {
        await userEvent.keyboard('{Tab}')
        const focused = findFocused()
        if (focused) expect(dialogs().at(-1)?.contains(focused), `${what}, stop ${stop}`).toBe(true)
      }
      dialogs().at(-1)?.querySelector('button')?.focus()
      await userEvent.keyboard('{Escape}')
      await vi.waitFor(() => expect(dialogs(), what).toHaveLength(1))
      await vi.waitFor(() => expect(focusedName(), what).toBe(opener))
      if (what === 'passphrase') {
        await userEvent.keyboard('{Escape}')
        await vi.waitFor(() =>
          expect(container.querySelector('[data-rva-part=conversations]'), what).toBeNull(),
        )
        expect(dialogs(), what).toHaveLength(1)
      }
      await userEvent.keyboard('{Escape}')
      await vi.waitFor(() => expect(dialogs(), what).toHaveLength(0))
      expect(findFocused(), what).toBe(bar)
      expect(isHostOpen(), what).toBe(true)
      expect(app.transport.open, what).toBe(1)
    }
    expect(onPasskeyClose).toHaveBeenCalledOnce()
    // A check has no dialog of its own.
    await app.voiceAgent.agent.disconnect()
    await userEvent.keyboard('{Enter}')
    await find(container, 'dialog[open] textarea')
    await pressNamed('Check sound and connection')
    await find(container, '[data-rva-part=check-steps]')
    await userEvent.keyboard('{Escape}')
    await vi.waitFor(() => expect(dialogs()).toHaveLength(0))
    expect(findFocused()).toBe(bar)
  },
)

/** True if a button behind the assistant can be focused. */
function canReach(behind: HTMLElement): boolean {
  behind.focus()
  return findFocused() === behind
}

const cases = places.flatMap((place) =>
  Object.keys(inner).flatMap((what) => [false, true].map((isStrict) => ({ place, what, isStrict }))),
)

test.each(cases)(
  'in the $place, replacing the agent under an open $what closes it (StrictMode: $isStrict)',
  async ({ place, what, isStrict }) => {
    const opened = await open(place, isStrict)
    const { container, dialogs, behind, change, isHostOpen } = opened
    await openInner(opened, inner[what]?.steps ?? [])
    change()
    await vi.waitFor(() => expect(dialogs()).toHaveLength(0))
    await painted()
    const root = container.querySelector('[data-rva-part=root]')
    expect(root?.contains(findFocused())).toBe(true)
    expect(findFocused()?.getAttribute('data-rva-part')).toBe('sheet-bar')
    expect(canReach(behind)).toBe(true)
    expect(isHostOpen()).toBe(true)
  },
)

test.each(cases)(
  'in the $place, removing the assistant under an open $what leaves a working page (StrictMode: $isStrict)',
  async ({ place, what, isStrict }) => {
    const logged = recordConsole()
    const opened = await open(place, isStrict)
    const { container, dialogs, behind, remove, isHostOpen } = opened
    await openInner(opened, inner[what]?.steps ?? [])
    remove()
    // Compares a boolean, because a failed assertion would print an iframe's element with React's props, which makes React 18 warn.
    await vi.waitFor(() => expect(container.querySelector('[data-rva-part=root]') === null).toBe(true))
    expect(dialogs()).toEqual([])
    expect(canReach(behind)).toBe(true)
    expect(isHostOpen()).toBe(true)
    expect(logged).toEqual([])
  },
)

test('a rerender of the page leaves the focus in a passkey dialog unchanged', async () => {
  const show = (count: number) => (
    <>
      <p>{count}</p>
      <PasskeyDialog keyProvider={keyProvider} onDone={() => count} onClose={() => count} />
    </>
  )
  const { container, render } = renderIn('light DOM', show(0))
  const cancel = await vi.waitFor(() => {
    const found = [...container.querySelectorAll('button')].find((one) => one.textContent === 'Cancel')
    if (!found || !container.textContent?.includes('Use passkey')) throw new Error('It is loading.')
    return found
  })
  // Waits until the view has taken the focus.
  await painted()
  cancel.focus()
  render(show(1))
  await vi.waitFor(() => expect(container.querySelector('p')?.textContent).toBe('1'))
  await painted()
  expect(document.activeElement).toBe(cancel)
})
