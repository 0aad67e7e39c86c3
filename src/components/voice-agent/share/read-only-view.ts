import { initialState, type Message, toMessageLog } from '../../../../store/index.js'
import type { AgentSource } from '../hooks/agent-source.js'
import type { VoiceAssistantCommands } from '../hooks/commands.js'
import type { AssistantView } from '../parts/view-context.js'
import type { AssistantTexts } from '../texts/types.js'

/** Creates a source of fixed messages that belong to no agent. */
function createStaticSource(messages: readonly Message[]): AgentSource {
  const state = {
    ...initialState,
    conversation: { ...initialState.conversation, messages: toMessageLog(messages) },
  }
  return { agent: null, getState: () => state, subscribe: () => () => {} }
}

const nothing = () => {}
/** The transcript calls commands only for messages of a live conversation. */
const noCommands = {} as VoiceAssistantCommands

/** Creates the view of an assistant without an agent, just for the transcript. */
export function createReadOnlyView(messages: readonly Message[], texts: AssistantTexts): AssistantView {
  return {
    source: createStaticSource(messages),
    generation: 0,
    commands: noCommands,
    texts,
    slots: { empty: null },
    title: texts.conversation,
    lang: texts.locale,
    theme: 'auto',
    frameOptions: { idleTimeout: 0, callWarnings: false, keepAwake: false },
    outlet: { current: null },
    hasStatistics: false,
    primary: { current: null },
    announcements: { get: () => 'none', set: nothing },
    watch: { get: () => [], set: nothing, subscribe: () => nothing },
    transcript: { current: null },
  }
}
