import { describe, expect, it } from 'vitest'
import {
  createVoiceAgentActions,
  createVoiceAgentReducer,
  createVoiceAgentSelectors,
  differsOnlyInStream,
  type Message,
  type RehydratedSession,
  takeSnapshot,
} from '../../../store/index.js'

const actions = createVoiceAgentActions('voiceAgent')
const reducer = createVoiceAgentReducer(actions)
const selectors = createVoiceAgentSelectors('voiceAgent')

type Action = Parameters<typeof reducer>[1]
type State = ReturnType<typeof reducer>
const stateAfter = (state: State, ...all: Action[]) => all.reduce(reducer, state)
const initial = reducer(undefined, { type: 'start' })
const draftOf = (state: State) => selectors.selectDraft({ voiceAgent: state })
const shown = (state: State) =>
  selectors.selectMessages({ voiceAgent: state }).map(({ role, text, status }) => [role, text, status])
const headOf = (state: State) => takeSnapshot(state, { updatedAt: 9, version: 0 })?.head

const connected = [
  actions.connectRequested(),
  actions.connectionAttempted({ connectionId: 'c1', attempt: 0, at: 1 }),
  actions.connectionEstablished({ connectionId: 'c1', agent: 'fresh', at: 2 }),
]
const open = stateAfter(
  initial,
  actions.tabIdentified({ tabId: 'tab' }),
  actions.sessionCreated({ id: 's1', at: 1 }),
  ...connected,
)
const typed = (text: string) => actions.draftChanged({ text })
const storedMessages: Message[] = [
  { id: 'm1', role: 'assistant', text: 'Good day.', status: 'final', createdAt: 3 },
]
const stored = (rest: Partial<RehydratedSession> = {}) =>
  actions.sessionRehydrated({
    id: 's1',
    tabId: 'tab',
    createdAt: 1,
    revision: 7,
    startedAt: null,
    endedAt: null,
    reconnectAttempts: 0,
    messages: storedMessages,
    firstLoadedIndex: 0,
    ...rest,
  })

describe('the draft', () => {
  it('is part of the persisted head, and absent where there is none', () => {
    expect(headOf(open)).not.toHaveProperty('draft')
    const state = stateAfter(open, typed('Half a sen'))
    expect(headOf(state)?.draft).toBe('Half a sen')
    expect(headOf(stateAfter(state, typed('')))).not.toHaveProperty('draft')
  })

  it('counts as a change with each keystroke, which can wait like streaming text', () => {
    const state = stateAfter(open, typed('H'))
    expect(state.session.revision).toBe(open.session.revision + 1)
    expect(state.conversation.messages).toBe(open.conversation.messages)
    expect(differsOnlyInStream(open, state)).toBe(true)
    expect(stateAfter(state, typed('H')).session.revision).toBe(state.session.revision)
  })

  it('becomes empty in the same state as the message with its text, and stays when another text is sent', () => {
    const state = stateAfter(open, typed(' Two kettles \n'))
    const sent = stateAfter(state, actions.sendTextRequested('Two kettles'))
    expect([draftOf(sent), shown(sent)]).toEqual(['', [['user', 'Two kettles', 'final']]])
    expect(draftOf(stateAfter(state, actions.sendTextRequested('A suggestion of the app')))).toBe(
      ' Two kettles \n',
    )
  })

  it('is restored, and text typed while the session was read is appended', () => {
    expect(draftOf(stateAfter(initial, stored({ draft: 'My order num' })))).toBe('My order num')
    expect(draftOf(stateAfter(initial, typed('ber 7'), stored({ draft: 'My order num' })))).toBe(
      'My order num\nber 7',
    )
    expect(draftOf(stateAfter(initial, typed('new'), stored()))).toBe('new')
    expect(draftOf(stateAfter(initial, typed('same'), stored({ draft: 'same' })))).toBe('same')
  })

  it('is the stored one after another page of the tab had the session, even if that page sent it', () => {
    const state = stateAfter(open, typed('old'))
    expect(draftOf(stateAfter(state, stored({ isReload: true })))).toBe('')
    expect(draftOf(stateAfter(state, stored({ isReload: true, draft: 'older' })))).toBe('older')
  })

  it('ends with its session and with a reset, and survives the end of the call', () => {
    const state = stateAfter(open, typed('mine'))
    expect(draftOf(stateAfter(state, actions.connectionClosed({ by: 'user', at: 5 })))).toBe('mine')
    expect(draftOf(stateAfter(state, actions.sessionEnded({ at: 5 })))).toBe('')
    const reset = actions.agentReset({ tabId: 'tab', storage: 'memory', error: null, revision: 0 })
    expect(draftOf(stateAfter(state, reset))).toBe('')
  })

  it('stays complete in the state at any size; of a megabyte, the first 65,536 characters are saved, none cut in half', () => {
    const long = 'x'.repeat(1_000_000)
    const state = stateAfter(open, typed(long))
    expect(draftOf(state)).toHaveLength(1_000_000)
    expect(headOf(state)?.draft).toBe(long.slice(0, 65_536))
    const emoji = `x${'🫖'.repeat(40_000)}`
    expect(headOf(stateAfter(open, typed(emoji)))?.draft).toBe(`x${'🫖'.repeat(32_767)}`)
  })
})

describe('words that the user is saying', () => {
  const begun = stateAfter(open, actions.userSpeechStarted({ id: 'u1', at: 4 }))
  const interim = (text: string) => actions.userTranscriptReceived({ id: 'x', text, final: false, at: 4 })

  it("are a streaming message from the start of speech, so that they are saved like the agent's words", () => {
    const state = stateAfter(begun, interim('I would li'))
    expect(shown(state).at(-1)).toEqual(['user', 'I would li', 'streaming'])
    expect(differsOnlyInStream(begun, state)).toBe(true)
    const final = actions.userTranscriptReceived({ id: 'x', text: 'I would like tea.', final: true, at: 6 })
    const ended = stateAfter(state, final, actions.userSpeechStopped({ at: 7 }))
    expect(shown(ended).at(-1)).toEqual(['user', 'I would like tea.', 'final'])
    expect(differsOnlyInStream(state, ended)).toBe(false)
  })

  const cutOff = { id: 'u1', role: 'user', text: 'I would li', status: 'streaming', createdAt: 4 } as const
  const restored = stateAfter(initial, stored({ messages: [...storedMessages, cutOff] }))
  const partial = ['user', 'I would li', 'interrupted']

  it('return as a partial message that no later event can remove', () => {
    expect(shown(restored)).toEqual([['assistant', 'Good day.', 'final'], partial])
    expect(restored.conversation).toMatchObject({ turns: { user: [] }, restoredCount: 2 })
    const later = stateAfter(
      restored,
      ...connected,
      actions.userSpeechStarted({ id: 'u2', at: 20 }),
      actions.connectionClosed({ by: 'user', at: 21 }),
    )
    expect(shown(later)).toEqual([['assistant', 'Good day.', 'final'], partial])
  })

  it('are replaced by a later final that starts with them, as when a resumed agent transcribes the turn', () => {
    const final = actions.userTranscriptReceived({ id: 'u9', text: 'I would, like tea', final: true, at: 30 })
    const state = stateAfter(restored, final)
    expect(shown(state)).toEqual([
      ['assistant', 'Good day.', 'final'],
      ['user', 'I would, like tea', 'final'],
    ])
    expect(state.conversation.messages.tail.at(-1)).toMatchObject({ id: 'u1', createdAt: 4 })
  })

  it.each([
    ['other words', [], 'Hello?'],
    [
      'their words after an answer',
      [actions.assistantTurnStarted({ turnId: 'a', at: 8 })],
      'I would like tea',
    ],
  ])('stay beside a later turn with %s', (_, before, text) => {
    const final = actions.userTranscriptReceived({ id: 'u9', text, final: true, at: 30 })
    const state = stateAfter(restored, ...before, final)
    expect(shown(state)).toContainEqual(partial)
    expect(shown(state)).toContainEqual(['user', text, 'final'])
  })
})
