import type { ActionReducerMapBuilder } from '@reduxjs/toolkit'
import type { VoiceAgentActions } from './actions.js'
import type { ConversationDraft, ConversationState } from './conversation-state.js'
import { giveUpToolCall, isOutcomeOpen, type Message, type ToolCall, type ToolCallStatus } from './message.js'
import { appendMessage, changeLog, type MessageLog, recentMessages, toMessages } from './message-log.js'

/** Number of tool call ids that a session remembers. */
const REMEMBERED_IDS = 100

/** Finds a tool call anywhere in the log, because its outcome may arrive much later. */
export const findToolCall = (log: MessageLog, toolCallId: string): ToolCall | undefined =>
  toMessages(log).findLast(({ id }) => id === toolCallId)?.tool

const messageStatus = (status: ToolCallStatus): Message['status'] => {
  if (status === 'running' || status === 'awaiting-approval') return 'streaming'
  return status === 'cancelled' || status === 'unknown' ? 'interrupted' : 'final'
}

/** Changes tool calls in the tail or, if none changed there, in the full chunks. Unchanged chunks keep their identity. */
function changeTools(log: MessageLog, change: (tool: ToolCall, id: string) => ToolCall): MessageLog {
  let isChanged = false
  const changeMessage = (message: Message): Message => {
    const tool = message.tool && change(message.tool, message.id)
    return !tool || tool === message.tool ? message : { ...message, status: messageStatus(tool.status), tool }
  }
  const changeChunk = (chunk: readonly Message[]) => {
    const changed = chunk.map(changeMessage)
    if (changed.every((message, index) => message === chunk[index])) return chunk
    isChanged = true
    return changed
  }
  const tail = changeChunk(log.tail)
  if (isChanged) return { ...log, tail }
  const full = log.full.map(changeChunk)
  return isChanged ? { ...log, full } : log
}

/** Returns the ids of tool calls with this status among the last turns. */
export const toolsWith = (log: MessageLog, status: ToolCallStatus): string[] =>
  recentMessages(log)
    .filter(({ tool }) => tool?.status === status)
    .map(({ id }) => id)

/** Gives up all open tool calls, because the session's call has ended. */
export function giveUpToolCalls(log: MessageLog): MessageLog {
  const changed = changeTools(log, giveUpToolCall)
  // Again, because a change in the tail leaves the full chunks unchanged.
  return changed === log ? log : giveUpToolCalls(changed)
}

/** A running tool call is an open turn of the agent; one that awaits approval is not. */
function track({ turns }: ConversationDraft, id: string, tool: ToolCall | undefined) {
  if (!turns.isCallOn) return
  const listed = (ids: readonly string[], status: ToolCallStatus) => {
    const others = ids.filter((other) => other !== id)
    return tool?.status === status ? [...others, id] : others
  }
  turns.agent = listed(turns.agent, 'running')
  turns.approvals = listed(turns.approvals, 'awaiting-approval')
}

function change(state: ConversationDraft, id: string, next: (tool: ToolCall) => ToolCall) {
  changeLog(state, (log) => {
    const changed = changeTools(log, (tool, other) => (other === id ? next(tool) : tool))
    if (changed !== log) track(state, id, findToolCall(changed, id))
    return changed
  })
}

const decide =
  (status: ToolCallStatus) =>
  (state: ConversationDraft, { payload }: { payload: { toolCallId: string } }) =>
    change(state, payload.toolCallId, (tool) =>
      tool.status === 'awaiting-approval' ? { ...tool, status } : tool,
    )

/** Adds the reducers of tool calls to the conversation's. */
export function addToolCases(
  builder: ActionReducerMapBuilder<ConversationState>,
  actions: VoiceAgentActions,
): void {
  builder
    .addCase(actions.toolCallStarted, (state, { payload }) => {
      const { toolCallId: id, name, arguments: args, at } = payload
      const tool: ToolCall = { name, arguments: args, status: 'running' }
      changeLog(state, (log) =>
        appendMessage(log, { id, role: 'tool', text: '', status: 'streaming', createdAt: at, tool }),
      )
      track(state, id, tool)
      state.toolCallIds = [...state.toolCallIds.filter((known) => known !== id), id].slice(-REMEMBERED_IDS)
    })
    .addCase(actions.toolApprovalNeeded, (state, { payload }) =>
      change(state, payload.toolCallId, (tool) =>
        tool.status === 'running' ? { ...tool, status: 'awaiting-approval' } : tool,
      ),
    )
    .addCase(actions.approveToolRequested, decide('running'))
    .addCase(actions.declineToolRequested, decide('declined'))
    .addCase(actions.toolCallAnswered, (state, { payload: { toolCallId, answer } }) =>
      change(state, toolCallId, (tool) =>
        isOutcomeOpen(tool)
          ? { ...tool, status: 'error' in answer ? 'failed' : 'completed', ...answer, isUndelivered: true }
          : tool,
      ),
    )
    .addCase(actions.toolOutcomeUnknown, (state, { payload: { toolCallId, ...mark } }) =>
      change(state, toolCallId, (tool) => ({ ...giveUpToolCall(tool), ...mark })),
    )
    .addCase(actions.toolCallStopped, (state, { payload: { toolCallId, cancelled, failed, ...mark } }) =>
      change(state, toolCallId, ({ isUndelivered, ...tool }) => {
        // The agent has confirmed the answer of the app's tool.
        if (isUndelivered && !cancelled) return tool
        const isOpen = isOutcomeOpen(tool) || tool.status === 'awaiting-approval'
        const status = cancelled ? 'cancelled' : failed ? 'failed' : 'completed'
        return { ...tool, ...(isOpen && { status }), ...(isUndelivered && { isUndelivered }), ...mark }
      }),
    )
}
