import type { LostMessages, Message, RehydratedSession } from 'redux-voice-agent'
import { storyTime } from './clock.js'
import type { Scenario } from './scenario.js'

/** A connection that stays pending. */
export const neverConnects = () => new Promise<never>(() => {})

/** Emits a spoken and transcribed turn of the user. */
export function userSays({ emit }: Scenario, text: string): void {
  emit({ type: 'userSpeechStarted' })
  emit({ type: 'userSpeechStopped' })
  emit({ type: 'userTranscriptReceived', text, final: true })
}

/** Emits the beginning of a spoken turn of the agent. */
export function agentBegins({ emit }: Scenario, turnId: string, text: string): void {
  emit({ type: 'assistantTurnStarted', turnId })
  emit({ type: 'assistantSpeechStarted' })
  emit({ type: 'assistantTextAppended', turnId, delta: text })
}

export function agentEnds({ emit }: Scenario, turnId: string): void {
  emit({ type: 'assistantTurnCompleted', turnId })
  emit({ type: 'assistantSpeechStopped' })
}

/** Emits some turns about the shop. */
export function smallTalk(scenario: Scenario): void {
  userSays(scenario, 'Do you have a kettle that is quiet?')
  agentBegins(
    scenario,
    'talk-1',
    'Two of ours are. The Fell boils a litre in three minutes at 62 decibels; the Tarn takes a minute longer, but you can talk beside it.',
  )
  agentEnds(scenario, 'talk-1')
  userSays(scenario, 'What does the quieter one cost?')
  agentBegins(scenario, 'talk-2', 'The Tarn is 59 euros. Shall I put one in your cart?')
  agentEnds(scenario, 'talk-2')
}

const past: [Message['role'], string][] = [
  ['user', 'I am looking for a present for someone who has just moved.'],
  ['assistant', 'Congratulations to them. Is it for the kitchen, or for the living room?'],
  ['user', 'Kitchen. Something they would not buy themselves.'],
  ['assistant', 'The Birch salt cellar, then: one piece of wood, made by hand, 34 euros.'],
]

/** Creates `count` messages of an earlier visit. */
export function earlier(count: number = past.length): Message[] {
  return Array.from({ length: count }, (_, index) => {
    const [role, text] = past[index % past.length] as (typeof past)[number]
    return { id: `past-${index}`, role, text, status: 'final', createdAt: storyTime - 600_000 + index * 1000 }
  })
}

/** Restores an earlier conversation, as after a reload. */
export function rehydrate(
  { dispatch, actions }: Scenario,
  messages = earlier(),
  firstLoadedIndex = 0,
  lost: LostMessages[] = [],
  rest: Pick<RehydratedSession, 'draft'> = {},
): void {
  dispatch(
    actions.sessionRehydrated({
      id: 'earlier-session',
      tabId: 'tab',
      createdAt: storyTime - 900_000,
      revision: 1,
      startedAt: storyTime - 900_000,
      endedAt: null,
      reconnectAttempts: 0,
      messages,
      firstLoadedIndex,
      lost,
      ...rest,
    }),
  )
}
