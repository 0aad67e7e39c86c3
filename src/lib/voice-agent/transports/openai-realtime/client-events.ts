import type { ToolDescription } from '../../../../../middleware/tools/ports.js'
import type { ContextMessage, ToolAnswer } from '../../../../../store/index.js'

/** Fields of OpenAI's session object, as its API reference has them: what is given here wins over what the ephemeral key was made with. */
export type OpenAiSession = Record<string, unknown>

/** The model that transcribes the user, unless the session says another. */
const transcriptionModel = 'gpt-4o-mini-transcribe'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `session.update`: transcription of the user, the app's tools, and what the app wants besides. */
export function sessionUpdate(session: OpenAiSession, tools: readonly ToolDescription[]) {
  const audio = isObject(session.audio) ? session.audio : {}
  const input = {
    transcription: { model: transcriptionModel },
    ...(isObject(audio.input) ? audio.input : {}),
  }
  // Without tools of the app's, those that the key was made with stay.
  const described = tools.map(({ name, description, parameters }) => ({
    type: 'function',
    name,
    description,
    parameters: parameters ?? { type: 'object' },
  }))
  return {
    type: 'session.update',
    session: {
      type: 'realtime',
      ...(described.length > 0 ? { tools: described } : {}),
      ...session,
      audio: { ...audio, input },
    },
  }
}

function messageItem(role: 'user' | 'assistant' | 'system', text: string, id?: string) {
  const type = role === 'assistant' ? 'output_text' : 'input_text'
  return { ...(id ? { id } : {}), type: 'message', role, content: [{ type, text }] }
}

/** `conversation.item.create` of something that is said now. */
export const createMessage = (role: 'user' | 'system', text: string) => ({
  type: 'conversation.item.create',
  item: messageItem(role, text),
})

/**
 * `conversation.item.create` of a message from before.
 *
 * @param id At most 32 characters.
 */
export function createContextItem({ role, text }: ContextMessage, id: string) {
  // What a tool answered may hold anybody's words: they must not get a system message's weight.
  const item = role === 'tool' ? messageItem('assistant', `[tool] ${text}`, id) : messageItem(role, text, id)
  return { type: 'conversation.item.create', event_id: id, item }
}

/** `conversation.item.create` of what a tool answered. */
export const createToolOutput = (callId: string, answer: ToolAnswer) => ({
  type: 'conversation.item.create',
  item: {
    type: 'function_call_output',
    call_id: callId,
    output: JSON.stringify('error' in answer ? answer : (answer.result ?? null)),
  },
})
