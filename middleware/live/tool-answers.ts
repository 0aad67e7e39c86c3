import { giveUpToolCall, type Message, type ToolAnswer, type VoiceAgentError } from '../../store/index.js'
import type { StoredSession } from '../drivers/storage/ports.js'
import type { EventNamed } from './events.js'
import {
  type LiveCall,
  type LiveTool,
  type LiveTools,
  nextId,
  type Reaction,
  type ToolMessage,
  tell,
} from './state.js'

const notRun = (why: string): ToolAnswer => ({ error: `${why} It has not run.` })
/** Answers that the agent gets instead of an outcome. */
export const answers = {
  declined: notRun('The user declined.'),
  interrupted: notRun('Cancelled: the user interrupted.'),
  ended: notRun('Cancelled: the call ended.'),
  undecided: notRun('Cancelled: the page was reloaded before the user decided.'),
  interruptedRun: {
    error: 'The user interrupted while it ran. It may still take effect: its outcome is not known yet.',
  },
  endedRun: { error: 'The call ended while it ran. It may have taken effect: its outcome is not known.' },
  stopped: { error: 'It was stopped, and may have taken effect: its outcome is not known.' },
  reloaded: {
    error:
      'The page was reloaded while it ran. It may have taken effect and is not run again: its outcome is not known.',
  },
  repeated: { error: 'A call with this id was made before. It is not run again.' },
  unsendable: { error: 'The tool has run, but its result cannot be sent: it is too large.' },
} satisfies Record<string, ToolAnswer>

export function toolsOf(reaction: Reaction): LiveTools {
  const { session, tools } = reaction.live
  const sessionId = session?.id ?? ''
  return tools?.sessionId === sessionId ? tools : { sessionId, agent: 0, earlierIds: [], calls: [] }
}

/** Finds the call with this id whose outcome is shown. */
export const findById = (reaction: Reaction, id: string) =>
  toolsOf(reaction).calls.find((tool) => tool.id === id)

/** Finds the call that the current agent means by this id, which may repeat another agent's. */
export const findLatest = (reaction: Reaction, id: string) =>
  toolsOf(reaction).calls.findLast((tool) => tool.id === id)

export const findRun = (reaction: Reaction, runId: number) =>
  toolsOf(reaction).calls.find((tool) => tool.runId === runId)

/** Adds a call to the record, or replaces it. */
export function setTool(reaction: Reaction, tool: LiveTool): LiveTool {
  const tools = toolsOf(reaction)
  const isKnown = tools.calls.some(({ runId }) => runId === tool.runId)
  const calls = isKnown
    ? tools.calls.map((other) => (other.runId === tool.runId ? tool : other))
    : [...tools.calls, tool]
  reaction.live.tools = { ...tools, calls }
  return tool
}

export const answerOf = (
  { id, name, arguments: args, isLate, isQuiet }: LiveTool,
  answer: ToolAnswer,
): ToolMessage => ({
  type: 'tool-answer',
  toolCallId: id,
  name,
  arguments: args,
  answer,
  ...(isLate && { isLate }),
  ...(isQuiet && { isQuiet }),
})

export const owe = (message: ToolMessage) => ({ message, isSent: false, isInContext: false })

/** Sends an owed message if the agent is connected. Otherwise it waits for a connection. */
export function sendOwed(reaction: Reaction, { runId }: LiveTool) {
  const { call } = reaction.live
  const tool = findRun(reaction, runId)
  if (!tool?.owed || tool.owed.isSent || call?.status !== 'connected') return
  const isOther = tool.agent !== toolsOf(reaction).agent
  // An agent without memory doesn't know about the call.
  if (isOther && call.agent !== 'reseeded' && !tool.isInContext) return dropOwed(reaction, tool)
  const { message: owedMessage } = tool.owed
  // The agent doesn't confirm decisions.
  const owed = owedMessage.type === 'tool-answer' ? { ...tool.owed, isSent: true } : null
  setTool(reaction, { ...tool, owed })
  // Only the agent that requested the decision can use it.
  if (isOther && owedMessage.type === 'tool-approval') return
  const message =
    isOther && owedMessage.type === 'tool-answer' ? { ...owedMessage, isLate: true as const } : owedMessage
  reaction.commands.push({ type: 'send', callId: call.id, requestId: null, message, isQueued: false })
}

export function oweAnswer(reaction: Reaction, tool: LiveTool, answer: ToolAnswer) {
  sendOwed(reaction, setTool(reaction, { ...tool, owed: owe(answerOf(tool, answer)) }))
}

/** Marks an answer as received by the agent. */
export function confirm(reaction: Reaction, tool: LiveTool) {
  if (tool.owed?.isSent) dropOwed(reaction, tool)
}

/** Drops an owed message that the agent has, or doesn't need. Also clears its mark, or the next page would send the answer again. */
function dropOwed(reaction: Reaction, tool: LiveTool) {
  setTool(reaction, { ...tool, owed: null })
  if (tool.owed?.message.type !== 'tool-answer') return
  // This answer carries no outcome and set no mark. The call itself may still be open.
  if (tool.owed.message.answer === answers.repeated) return
  // Only clears the mark, because the outcome comes from the app.
  tell(reaction, 'toolCallStopped', { toolCallId: tool.id, cancelled: false })
}

/** Confirms sent answers once the agent completes a turn, which proves that they were not lost with a connection. */
export function confirmAnswers(reaction: Reaction) {
  for (const tool of toolsOf(reaction).calls) confirm(reaction, tool)
}

/** Records which tool calls are in the context of a connection attempt. */
export function onContextRead(reaction: Reaction, { callId, messageIds }: EventNamed<'contextRead'>) {
  if (reaction.live.call?.id !== callId) return
  for (const tool of toolsOf(reaction).calls) {
    const isInContext = messageIds.includes(tool.id)
    setTool(reaction, { ...tool, isInContext, owed: tool.owed && { ...tool.owed, isInContext } })
  }
}

/** Marks unconfirmed answers as unsent, because they may have been lost with the connection. */
export function onToolConnectionLost(reaction: Reaction) {
  for (const tool of toolsOf(reaction).calls) {
    if (tool.owed?.isSent) setTool(reaction, { ...tool, owed: { ...tool.owed, isSent: false } })
  }
}

/** Sends the newly connected agent the messages that it has missed. */
export function onToolConnection(reaction: Reaction, { agent }: Pick<LiveCall, 'agent'>) {
  if (agent !== 'resumed') {
    const tools = toolsOf(reaction)
    reaction.live.tools = { ...tools, agent: tools.agent + 1 }
  }
  for (const tool of toolsOf(reaction).calls) {
    if (agent !== 'resumed' && !tool.isOwn) forgetForeign(reaction, tool)
    else if (agent !== 'resumed' && tool.owed?.isInContext) dropOwed(reaction, tool)
    else sendOwed(reaction, tool)
  }
}

/** Ends a call of an agent's own tool, because that agent is gone. */
function forgetForeign(reaction: Reaction, tool: LiveTool) {
  if (tool.step === 'done') return
  setTool(reaction, { ...tool, step: 'done', owed: null })
  const hasBegun = tool.step === 'running' && tool.owed === null
  if (hasBegun) tell(reaction, 'toolOutcomeUnknown', { toolCallId: tool.id })
  else tell(reaction, 'toolCallStopped', { toolCallId: tool.id, cancelled: true })
}

export function sendOwedAnswers(reaction: Reaction) {
  for (const tool of toolsOf(reaction).calls) sendOwed(reaction, tool)
}

/** Finds the call that this message is owed for. */
const findOwing = (reaction: Reaction, message: ToolMessage) =>
  toolsOf(reaction).calls.find(({ id, owed }) => {
    if (id !== message.toolCallId || owed?.message.type !== message.type) return false
    return owed.message.type === 'tool-approval' || owed.message.answer === answerIn(message)
  })

const answerIn = (message: ToolMessage) => (message.type === 'tool-answer' ? message.answer : null)

/** Keeps a message that had no connection, to send it over the next one. */
export function onToolMessageReturned(reaction: Reaction, message: ToolMessage) {
  // A decision is no longer owed once it is sent.
  const decided = message.type === 'tool-approval' ? findById(reaction, message.toolCallId) : undefined
  const tool = findOwing(reaction, message) ?? decided
  if (tool) setTool(reaction, { ...tool, owed: owe(message) })
}

/** Handles a message that the transport can't send. Tells the agent that there is an outcome. */
export function onToolMessageRefused(reaction: Reaction, message: ToolMessage, error: VoiceAgentError) {
  const tool = findOwing(reaction, message)
  if (tool?.owed?.message.type !== 'tool-answer') return
  const isSubstitute = tool.owed.message.answer === answers.unsendable
  if (error.code === 'invalid-option' && !isSubstitute) oweAnswer(reaction, tool, answers.unsendable)
  else setTool(reaction, { ...tool, owed: null })
}

/** Gives up the tool calls of a stored session. A call that had started may have taken effect, and none runs again. */
export function giveUpStoredTools(messages: readonly Message[], toolNames: readonly string[]): Message[] {
  return messages.map((message) => {
    const { tool } = message
    if (message.status !== 'streaming' || !tool) return message
    const isPending = tool.status === 'awaiting-approval'
    return {
      ...message,
      status: 'interrupted',
      tool: {
        ...giveUpToolCall(tool),
        ...(isPending && { cancelledBy: 'reload' as const }),
        ...(toolNames.includes(tool.name) && { isUndelivered: true as const }),
      },
    }
  })
}

/** Loads the tool calls of a restored session, because an agent that remembers them is waiting for their answers. */
export function restoreTools(reaction: Reaction, sessionId: string, { head, messages }: StoredSession) {
  const calls = giveUpStoredTools(messages, reaction.live.toolNames).flatMap(({ id, tool }): LiveTool[] => {
    if (!tool?.isUndelivered) return []
    const { name, arguments: args, status, cancelledBy, result = null, error } = tool
    const call: LiveTool = {
      id,
      runId: nextId(reaction),
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
  reaction.live.tools = { sessionId, agent: 0, earlierIds: toolCallIdsOf(head, messages), calls }
}

/** Returns the ids of all remembered tool calls. Sessions stored by earlier versions only have those in their messages. */
export function toolCallIdsOf(
  { toolCallIds }: StoredSession['head'],
  messages: readonly Message[],
): readonly string[] {
  const shown = messages.filter(({ tool }) => tool).map(({ id }) => id)
  return [...new Set([...(Array.isArray(toolCallIds) ? toolCallIds : []), ...shown])]
}
