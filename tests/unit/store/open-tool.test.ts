import { expect, test } from 'vitest'
import { createVoiceAgentActions, createVoiceAgentReducer, takeSnapshot } from '../../../store/index.js'

const actions = createVoiceAgentActions('voiceAgent')
const reducer = createVoiceAgentReducer(actions)

type State = ReturnType<typeof reducer>
const stateAfter = (state: State, ...all: Parameters<typeof reducer>[1][]) => all.reduce(reducer, state)
const openToolIn = (state: State) => takeSnapshot(state, { updatedAt: 9, version: 0 })?.head.openToolIndex

const inCall = stateAfter(
  reducer(undefined, { type: 'start' }),
  actions.tabIdentified({ tabId: 'tab' }),
  actions.sessionCreated({ id: 's1', at: 1 }),
  actions.connectRequested(),
  actions.connectionAttempted({ connectionId: 'c1', attempt: 0, at: 1 }),
  actions.connectionEstablished({ connectionId: 'c1', agent: 'fresh', at: 2 }),
)
const said = (count: number) => Array.from({ length: count }, () => actions.sendTextRequested('words'))
const called = (toolCallId: string) =>
  actions.toolCallStarted({ toolCallId, name: 'pay', arguments: {}, at: 3 })

test('a stored session names the earliest tool call that is open, however long ago it was made', () => {
  const waiting = stateAfter(
    inCall,
    ...said(3),
    called('first'),
    actions.toolApprovalNeeded({ toolCallId: 'first' }),
    ...said(150),
    called('second'),
  )
  expect(openToolIn(inCall)).toBeUndefined()
  expect(openToolIn(waiting)).toBe(3)
  const answered = stateAfter(waiting, actions.declineToolRequested({ toolCallId: 'first' }))
  expect(openToolIn(answered)).toBe(154)
  expect(
    openToolIn(stateAfter(answered, actions.toolOutcomeUnknown({ toolCallId: 'second' }))),
  ).toBeUndefined()
})

test('a turn of the agent is not a tool call', () => {
  const speaking = stateAfter(
    inCall,
    actions.assistantTurnStarted({ turnId: 't1', at: 3 }),
    actions.assistantTextAppended({ turnId: 't1', delta: 'Good day' }),
  )
  expect(openToolIn(speaking)).toBeUndefined()
})
