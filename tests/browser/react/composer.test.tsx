import { Profiler } from 'react'
import { useWebRTCVoiceAssistant, VoiceAssistantComposer, VoiceAssistantRoot } from 'redux-voice-agent/react'
import { expect, test, vi } from 'vitest'
import { cdp, page, userEvent } from 'vitest/browser'
import { find, mountAgent, pastMessages, render } from './support.js'

const input = (container: HTMLElement) =>
  find<HTMLTextAreaElement>(container, '[data-rva-part=composer-input]')

const restoredWith = (draft: string) => ({
  id: 'earlier',
  tabId: 'tab',
  createdAt: 0,
  revision: 1,
  startedAt: null,
  endedAt: null,
  reconnectAttempts: 0,
  messages: pastMessages(2),
  firstLoadedIndex: 0,
  draft,
})

async function open(draft?: string) {
  const app = mountAgent()
  const { store, voiceAgent } = app
  const restore = (text: string) => store.dispatch(voiceAgent.actions.sessionRehydrated(restoredWith(text)))
  if (draft !== undefined) restore(draft)
  const { container } = render(
    app.inApp(
      <VoiceAssistantRoot>
        <button type="button">Elsewhere</button>
        <VoiceAssistantComposer />
      </VoiceAssistantRoot>,
    ),
  )
  return { ...app, container, restore, field: await input(container) }
}

const caretOf = ({ selectionStart, selectionEnd }: HTMLTextAreaElement) => [selectionStart, selectionEnd]

test.each(['before', 'after'])(
  'a draft that is restored %s the first paint appears in the field, with the caret at its end and the focus unchanged',
  async (when) => {
    const draft = 'Is the Tarn\nalso there in green?'
    const { container, field, restore } = await open(when === 'before' ? draft : undefined)
    const elsewhere = await find<HTMLButtonElement>(container, 'button')
    elsewhere.focus()
    if (when === 'after') restore(draft)
    await vi.waitFor(() => expect(field.value).toBe(draft))
    expect(document.activeElement).toBe(elsewhere)
    expect(caretOf(field)).toEqual([draft.length, draft.length])
    await userEvent.tab()
    expect(document.activeElement).toBe(field)
    await userEvent.keyboard(' Or blue?')
    expect(field.value).toBe(`${draft} Or blue?`)
  },
)

test('each keystroke updates the draft, the caret stays where the user types, and nothing else renders', async () => {
  const app = mountAgent(pastMessages(150))
  const rendered: string[] = []
  const { container } = render(
    app.inApp(
      <VoiceAssistantRoot>
        <Profiler id="composer" onRender={(id) => rendered.push(id)}>
          <VoiceAssistantComposer />
        </Profiler>
      </VoiceAssistantRoot>,
    ),
  )
  const field = await input(container)
  await userEvent.type(field, 'a kettle')
  field.setSelectionRange(2, 2)
  rendered.length = 0
  await userEvent.keyboard('red ')
  expect(field.value).toBe('a red kettle')
  expect(caretOf(field)).toEqual([6, 6])
  expect(app.voiceAgent.agent.draft).toBe('a red kettle')
  expect(rendered).toEqual(Array(4).fill('composer'))
})

test('sending a text empties the draft', async () => {
  const { field, voiceAgent, transport } = await open()
  await voiceAgent.agent.connect()
  await userEvent.type(field, ' Two, please ')
  await userEvent.keyboard('{Enter}')
  expect(transport.sent).toMatchObject([{ type: 'text', text: 'Two, please' }])
  expect([field.value, voiceAgent.agent.draft]).toEqual(['', ''])
})

test('an input method composes as usual: its text is in the draft, and Enter selects a word without sending', async () => {
  const { field, voiceAgent, transport } = await open('お茶: ')
  await voiceAgent.agent.connect()
  field.focus()
  const session = cdp() as unknown as { send(method: string, parameters: object): Promise<unknown> }
  const compose = (text: string) =>
    session.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length })
  for (const text of ['k', 'き', 'きょ', 'きょう']) {
    await compose(text)
    await vi.waitFor(() => expect(field.value).toBe(`お茶: ${text}`))
  }
  expect(voiceAgent.agent.draft).toBe('お茶: きょう')
  field.dispatchEvent(
    new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }),
  )
  // Safari ends the composition before the Enter that confirms it.
  field.dispatchEvent(
    new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true }),
  )
  expect(transport.sent).toEqual([])
  await session.send('Input.insertText', { text: '今日' })
  await vi.waitFor(() => expect(field.value).toBe('お茶: 今日'))
  expect(voiceAgent.agent.draft).toBe('お茶: 今日')
  await userEvent.keyboard('{Enter}')
  expect(transport.sent).toMatchObject([{ type: 'text', text: 'お茶: 今日' }])
  expect(field.value).toBe('')
})

test('neither the session restore nor the spell checker of a browser gets the draft', async () => {
  const { field } = await open()
  expect(field.autocomplete).toBe('off')
  expect(field.form?.autocomplete).toBe('off')
  expect(field.spellcheck).toBe(false)
  expect(field.getAttribute('writingsuggestions')).toBe('false')
})

test('an app can enable spell checking', async () => {
  const { inApp } = mountAgent()
  const { container } = render(
    inApp(
      <VoiceAssistantRoot>
        <VoiceAssistantComposer spellCheck />
      </VoiceAssistantRoot>,
    ),
  )
  expect((await input(container)).spellcheck).toBe(true)
})

test("an app's own composer shares the draft", async () => {
  const { inApp, voiceAgent } = mountAgent()
  function OwnComposer() {
    const { draft, setDraft } = useWebRTCVoiceAssistant()
    return <input aria-label="Own" value={draft} onChange={(event) => setDraft(event.target.value)} />
  }
  render(inApp(<OwnComposer />))
  const own = page.getByRole('textbox', { name: 'Own' })
  await userEvent.fill(own, 'Half a')
  expect(voiceAgent.agent.draft).toBe('Half a')
  voiceAgent.agent.setDraft('Half a sentence')
  await expect.element(own).toHaveValue('Half a sentence')
})
