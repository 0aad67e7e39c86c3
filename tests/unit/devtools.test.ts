import { devToolsOptionsWithoutText } from 'redux-voice-agent/devtools'
import { expect, it } from 'vitest'

const { actionSanitizer, stateSanitizer } = devToolsOptionsWithoutText

it('shows of what was said, and of what a tool was called with, only how much there was', () => {
  const message = {
    id: 'm1',
    text: 'A secret',
    tool: { name: 'pay', arguments: { card: 'secret' }, status: 'failed', error: 'secret' },
  }
  const state = {
    conversation: { messages: { tail: [message] }, interim: null },
    error: { code: 'connection-lost' },
  }
  expect(stateSanitizer(state)).toEqual({
    conversation: {
      messages: {
        tail: [
          {
            id: 'm1',
            text: '(8 characters)',
            tool: { name: 'pay', arguments: '(left out)', status: 'failed', error: '(6 characters)' },
          },
        ],
      },
      interim: null,
    },
    error: { code: 'connection-lost' },
  })
  const action = {
    type: 'voiceAgent/toolCallAnswered',
    payload: { id: 't1', answer: { result: ['secret'] } },
  }
  expect(JSON.stringify(actionSanitizer(action))).not.toContain('secret')
})
