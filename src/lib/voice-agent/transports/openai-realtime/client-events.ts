import type { ClientMessage } from '../../../../../middleware/drivers/call/ports.js'
import type { ToolDescription } from '../../../../../middleware/drivers/tools/ports.js'
import type { ContextMessage, ToolAnswer } from '../../../../../store/index.js'
import { isRecord } from '../json-text.js'

/** Fields of OpenAI's session object, as in its API reference. They override the fields that the ephemeral key was created with. */
export type OpenAiSession = Record<string, unknown>

/** Model that transcribes the user, unless the session specifies another. */
const TRANSCRIPTION_MODEL = 'gpt-4o-mini-transcribe'

/**
 * Creates `session.update`, with the app's tools and the app's own session fields.
 *
 * @param isTranscribed True if the key's session already transcribes the user. Then its model stays, unless the app specifies another.
 */
export function sessionUpdate(
  session: OpenAiSession,
  tools: readonly ToolDescription[],
  isTranscribed: boolean,
) {
  const audio = isRecord(session.audio) ? session.audio : {}
  const input = {
    ...(isTranscribed ? {} : { transcription: { model: TRANSCRIPTION_MODEL } }),
    ...(isRecord(audio.input) ? audio.input : {}),
  }
  const ownAudio = { ...audio, ...(Object.keys(input).length > 0 ? { input } : {}) }
  // Without tools from the app, the session keeps the tools that the key was created with.
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
      ...(Object.keys(ownAudio).length > 0 ? { audio: ownAudio } : {}),
    },
  }
}

function messageItem(role: 'user' | 'assistant' | 'system', text: string, id?: string) {
  const type = role === 'assistant' ? 'output_text' : 'input_text'
  return { ...(id ? { id } : {}), type: 'message', role, content: [{ type, text }] }
}

/**
 * Creates `conversation.item.create` for a new message.
 *
 * @param id At most 32 characters.
 */
export const createMessage = (role: 'user' | 'system', text: string, id?: string) => ({
  type: 'conversation.item.create',
  item: messageItem(role, text, id),
})

/**
 * Creates `conversation.item.create` for an earlier message.
 *
 * @param id At most 32 characters.
 */
export function createContextItem({ role, text }: ContextMessage, id: string) {
  // A tool's answer may contain untrusted text, so it must not become a system message.
  const item = role === 'tool' ? messageItem('assistant', `[tool] ${text}`, id) : messageItem(role, text, id)
  return { type: 'conversation.item.create', event_id: id, item }
}

/** Creates `conversation.item.create` for the outcome of a call that was already answered. */
export function createLateToolOutput({
  name,
  toolCallId,
  answer,
}: Extract<ClientMessage, { type: 'tool-answer' }>) {
  const outcome = JSON.stringify('error' in answer ? answer : (answer.result ?? null))
  return {
    type: 'conversation.item.create',
    item: messageItem(
      'assistant',
      `[tool] The outcome of the call ${toolCallId} of ${name} is known now: ${outcome}`,
    ),
  }
}

/** Creates `conversation.item.create` for the user's decision on a call of an MCP tool. */
export const createApproval = (requestId: string, isApproved: boolean) => ({
  type: 'conversation.item.create',
  previous_item_id: requestId,
  item: { type: 'mcp_approval_response', approval_request_id: requestId, approve: isApproved },
})

/** Creates `conversation.item.create` for a tool's answer. */
export const createToolOutput = (toolCallId: string, answer: ToolAnswer) => ({
  type: 'conversation.item.create',
  item: {
    type: 'function_call_output',
    call_id: toolCallId,
    output: JSON.stringify('error' in answer ? answer : (answer.result ?? null)),
  },
})
