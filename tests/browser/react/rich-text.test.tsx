import type { Message } from 'redux-voice-agent'
import { VoiceAssistantText, WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { expect, onTestFinished, test, vi } from 'vitest'
import { AgentMessage } from '../../../examples/voice-app/app/components/AgentMessage.js'
import { places, renderIn } from './places.js'
import { find, mountAgent, painted, recordConsole, render } from './support.js'

const slots = { message: AgentMessage }

async function open(render_: (node: React.ReactNode) => { container: HTMLElement } = render) {
  const app = mountAgent()
  const { container } = render_(app.inApp(<WebRTCVoiceAssistant slots={slots} />))
  await app.voiceAgent.agent.connect()
  const { emit } = app.transport
  const begin = (turnId: string) => emit({ type: 'assistantTurnStarted', turnId })
  const say = (turnId: string, delta: string) => emit({ type: 'assistantTextAppended', turnId, delta })
  const end = (turnId: string) => emit({ type: 'assistantTurnCompleted', turnId })
  return { ...app, container, begin, say, end }
}

const answer = [
  '## Two kettles\n\n- **Fell**, 62 dB\n- *Tarn*, quieter\n\n',
  'See [the shop](https://example.org/kettles) or <https://example.org>.\n\n',
  '```js\nconst quiet = "Tarn"\n```\n\nUse `quiet`.',
].join('')

test('an answer has links, lists, emphasis and copyable code', async () => {
  const { container, begin, say, end } = await open()
  begin('turn')
  say('turn', answer)
  end('turn')
  const rich = await find(container, '.rich')
  await vi.waitFor(() => expect(rich.querySelectorAll('li')).toHaveLength(2))
  expect(rich.querySelector('strong')?.textContent).toBe('Two kettles')
  expect(rich.querySelector('em')?.textContent).toBe('Tarn')
  expect(rich.querySelector('h2')).toBeNull()
  const link = rich.querySelector('a') as HTMLAnchorElement
  expect([link.href, link.target, link.rel]).toEqual([
    'https://example.org/kettles',
    '_blank',
    'noopener noreferrer',
  ])
  const write = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
  onTestFinished(() => write.mockRestore())
  const button = rich.querySelector('button') as HTMLButtonElement
  expect(button.textContent).toBe('Copy code')
  button.click()
  await vi.waitFor(() => expect(button.textContent).toBe('Copied code'))
  expect(write.mock.calls[0]?.[0].trim()).toBe('const quiet = "Tarn"')
})

test("the agent's HTML, script links and pictures stay text", async () => {
  const set = vi.spyOn(Element.prototype, 'innerHTML', 'set')
  onTestFinished(() => set.mockRestore())
  const logged = recordConsole()
  const { container, begin, say, end } = await open()
  begin('turn')
  say(
    'turn',
    [
      '<img src=x onerror="globalThis.ran = 1"> <script>globalThis.ran = 2</script>',
      '<iframe src="https://example.org"></iframe><a href="javascript:ran=3">a</a>',
      '[run](javascript:alert(1)) [data](data:text/html,<script>1</script>) ![cat](https://example.org/cat.png)',
      '[vb](vbscript:x) [odd](JaVaScRiPt:alert(1)) [tab](java\tscript:alert(1))',
    ].join('\n\n'),
  )
  end('turn')
  const rich = await find(container, '.rich')
  await vi.waitFor(() => expect(rich.textContent).toContain('<iframe'))
  expect(rich.querySelector('img, script, iframe, [onerror], style, object')).toBeNull()
  for (const { protocol, href } of rich.querySelectorAll('a'))
    expect(href === '' || /^https?:$/.test(protocol), href).toBe(true)
  expect(rich.textContent).toContain('cat')
  expect(set).not.toHaveBeenCalled()
  expect((globalThis as { ran?: number }).ran).toBeUndefined()
  expect(logged.filter(([first]) => /Warning|error/i.test(String(first)))).toEqual([])
})

test.each(places)('in the %s, a selection in rich text survives the words that follow', async (place) => {
  const { container, begin, say } = await open((node) => renderIn(place, node))
  begin('turn')
  say('turn', 'Two of *our kettles* are quiet: the Fell ')
  const rich = await find(container, '.rich em')
  const words = (await vi.waitFor(() => {
    const found = [...container.querySelectorAll('.rich span')].find((span) =>
      span.textContent?.includes('are quiet'),
    )
    expect(found?.firstChild).toBeTruthy()
    return found?.firstChild
  })) as Text
  const selection = (container.ownerDocument.defaultView as Window).getSelection()
  selection?.setBaseAndExtent(words, 1, words, 10)
  for (const delta of ['and **the', ' Tarn**', '.\n\n- one\n', '- two\n']) {
    say('turn', delta)
    await painted()
    await painted()
  }
  await vi.waitFor(() => expect(container.querySelectorAll('.rich li')).toHaveLength(2))
  expect(rich.isConnected).toBe(true)
  // Chromium's document does not expose a selection inside a shadow tree.
  const { anchorNode, anchorOffset, focusNode, focusOffset } = selection ?? {}
  if (place !== 'shadow root')
    expect([anchorNode, anchorOffset, focusNode, focusOffset]).toEqual([words, 1, words, 10])
  expect(words.isConnected).toBe(true)
  selection?.removeAllRanges()
})

test("actions appear below each finished answer, and one that throws doesn't affect the others", async () => {
  recordConsole()
  const rated: string[] = []
  const Actions = ({ message: { id, text } }: { message: Message }) => {
    if (id === 'bad') throw new Error('A bad action.')
    return (
      <button type="button" onClick={() => rated.push(id)}>
        Helpful: {text}
      </button>
    )
  }
  const app = mountAgent()
  const { container } = render(app.inApp(<WebRTCVoiceAssistant slots={{ messageActions: Actions }} />))
  await app.voiceAgent.agent.connect()
  const { emit } = app.transport
  emit({ type: 'userTranscriptReceived', text: 'A question', final: true })
  for (const turnId of ['bad', 'good', 'open']) {
    emit({ type: 'assistantTurnStarted', turnId })
    emit({ type: 'assistantTextAppended', turnId, delta: `Answer ${turnId}.` })
    if (turnId !== 'open') emit({ type: 'assistantTurnCompleted', turnId })
  }
  await vi.waitFor(() => expect(container.textContent).toContain('Answer open.'))
  const buttons = [...container.querySelectorAll<HTMLElement>('article button')]
  expect(buttons.map(({ textContent }) => textContent)).toEqual(['Helpful: Answer good.'])
  buttons[0]?.click()
  expect(rated).toEqual(['good'])
  expect(container.querySelectorAll('article')).toHaveLength(4)
})

test("each message is isolated, and an app's own slot keeps a selection with VoiceAssistantText", async () => {
  const Own = ({ message }: { message: Message }) => (
    <em>
      <VoiceAssistantText text={message.text} />
    </em>
  )
  const app = mountAgent()
  const { container } = render(app.inApp(<WebRTCVoiceAssistant slots={{ message: Own }} />))
  await app.voiceAgent.agent.connect()
  app.transport.emit({ type: 'assistantTurnStarted', turnId: 'turn' })
  app.transport.emit({ type: 'assistantTextAppended', turnId: 'turn', delta: 'Two of our kettles' })
  const text = (await find(container, 'article em span')).firstChild as Text
  getSelection()?.setBaseAndExtent(text, 4, text, 10)
  app.transport.emit({ type: 'assistantTextAppended', turnId: 'turn', delta: ' are quiet.' })
  await vi.waitFor(() => expect(text.data).toBe('Two of our kettles are quiet.'))
  expect(String(getSelection())).toBe('of our')
  getSelection()?.removeAllRanges()
})
