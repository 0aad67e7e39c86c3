import { type Message, settleToolCall, type ToolAnswer } from '../../store/index.js'
import type { StoredSession } from '../drivers/storage/ports.js'
import { type LiveTool, nextId, type Turn } from './state.js'
import { answerOf, answers, owe } from './tool-answers.js'

/** Settles the calls of a stored session: one that had begun may have taken effect, and none is run again. */
export function settleStoredTools(messages: readonly Message[], toolNames: readonly string[]): Message[] {
  return messages.map((message) => {
    const { tool } = message
    if (message.status !== 'streaming' || !tool) return message
    const isPending = tool.status === 'awaiting-approval'
    return {
      ...message,
      status: 'interrupted',
      tool: {
        ...settleToolCall(tool),
        ...(isPending && { cancelledBy: 'reload' as const }),
        ...(toolNames.includes(tool.name) && { isUndelivered: true as const }),
      },
    }
  })
}

/** Takes up the calls of a session that was restored: its agent, if it remembers them, waits for their answers. */
export function restoreTools(turn: Turn, sessionId: string, { head, messages }: StoredSession) {
  const calls = settleStoredTools(messages, turn.live.toolNames).flatMap(({ id, tool }): LiveTool[] => {
    if (!tool?.isUndelivered) return []
    const { name, arguments: args, status, cancelledBy, result = null, error } = tool
    const call: LiveTool = {
      id,
      runId: nextId(turn),
      name,
      arguments: args,
      isOwn: true,
      agent: 0,
      step: 'done',
      isLate: false,
      isQuiet: false,
      isInContext: false,
      owed: null,
    }
    const unknown = error === undefined ? answers.reloaded : { error }
    const answer: ToolAnswer = {
      running: unknown,
      'awaiting-approval': answers.undecided,
      completed: { result },
      failed: unknown,
      declined: answers.declined,
      cancelled: cancelledBy ? answers.undecided : answers.ended,
      unknown,
    }[status]
    return [{ ...call, isLate: status === 'unknown', owed: owe(answerOf(call, answer)) }]
  })
  turn.live.tools = { sessionId, agent: 0, earlierIds: toolCallIdsOf(head, messages), calls }
}

/** Returns the ids of all calls that are remembered. Sessions stored by earlier versions have those of their messages only. */
export function toolCallIdsOf(
  { toolCallIds }: StoredSession['head'],
  messages: readonly Message[],
): readonly string[] {
  const shown = messages.filter(({ tool }) => tool).map(({ id }) => id)
  return [...new Set([...(Array.isArray(toolCallIds) ? toolCallIds : []), ...shown])]
}
