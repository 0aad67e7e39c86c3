/** Types that an app gets by inference. */
import { configureStore } from '@reduxjs/toolkit'
import {
  createVoiceAgent,
  type Message,
  type VoiceAgent,
  type VoiceAgentOptions,
  type VoiceAgentState,
} from 'redux-voice-agent'
import type { AgentHandle } from 'redux-voice-agent/react'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

// Options in a variable keep the literal path.
const typed: VoiceAgentOptions<'support'> = { apiEndpoint: '/api', reducerPath: 'support' }
expectTypeOf(createVoiceAgent(typed).reducerPath).toEqualTypeOf<'support'>()
const checked = { apiEndpoint: '/api', reducerPath: 'support' } as const satisfies VoiceAgentOptions
expectTypeOf(createVoiceAgent(checked).reducerPath).toEqualTypeOf<'support'>()

// Selectors accept the store's state, and reject others.
const { selectors } = createVoiceAgent({ apiEndpoint: '/api' })
declare const app: { voiceAgent: VoiceAgentState; cart: string[] }
expectTypeOf(selectors.selectMessages(app)).toEqualTypeOf<Message[]>()
expectTypeOf(selectors.selectSessionStats(app, 0).duration).toEqualTypeOf<number>()
// @ts-expect-error The agent is under another key.
selectors.selectMessages({ assistant: app.voiceAgent })
// @ts-expect-error Not a state.
selectors.selectMessages('state')

// An agent with a literal path is assignable to the general type.
const agent: VoiceAgent = createVoiceAgent({ apiEndpoint: '/api' })
expectTypeOf<VoiceAgent<'voiceAgent'>>().toExtend<AgentHandle>()
expectTypeOf(agent.selectors.selectMessages(app)).toEqualTypeOf<Message[]>()

// A tool reads the state of its own store. `run` declares its return type, so that it does not depend on the store's type.
const withTool = createVoiceAgent({
  apiEndpoint: '/api',
  tools: {
    countMessages: {
      description: 'Counts the messages.',
      parameters: z.object({}),
      run: (_args, { getState }): number => getState<RootState>().voiceAgent.conversation.messages.count,
    },
  },
})
const store = configureStore({
  reducer: { voiceAgent: withTool.reducer },
  middleware: (getDefault) => getDefault().concat(withTool.middleware),
})
type RootState = ReturnType<typeof store.getState>
expectTypeOf<RootState>().toEqualTypeOf<{ voiceAgent: VoiceAgentState }>()
