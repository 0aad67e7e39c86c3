import { type Message, settleToolCall, type ToolAnswer, type VoiceAgentError } from '../../store/index.js'
import type { StoredSession } from '../drivers/storage/ports.js'
import type { EventNamed } from './events.js'
import {
  type LiveCall,
  type LiveTool,
  type LiveTools,
  nextId,
  type ToolMessage,
  type Turn,
  tell,
} from './state.js'

const notRun = (why: string): ToolAnswer => ({ error: `${why} It has not run.` })
/** Answers that agents get in place of an outcome. */
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

export function toolsOf(turn: Turn): LiveTools {
  const { session, tools } = turn.live
  const sessionId = session?.id ?? ''
  return tools?.sessionId === sessionId ? tools : { sessionId, agent: 0, earlierIds: [], calls: [] }
}

/** Finds the call of this id whose outcome is shown. */
export const findById = (turn: Turn, id: string) => toolsOf(turn).calls.find((tool) => tool.id === id)

/** Finds the call that the present agent means by this id: it may have repeated another agent's. */
export const findLatest = (turn: Turn, id: string) => toolsOf(turn).calls.findLast((tool) => tool.id === id)

export const findRun = (turn: Turn, runId: number) => toolsOf(turn).calls.find((tool) => tool.runId === runId)

/** Adds a call to the record, or replaces it there. */
export function setTool(turn: Turn, tool: LiveTool): LiveTool {
  const tools = toolsOf(turn)
  const isKnown = tools.calls.some(({ runId }) => runId === tool.runId)
  const calls = isKnown
    ? tools.calls.map((other) => (other.runId === tool.runId ? tool : other))
    : [...tools.calls, tool]
  turn.live.tools = { ...tools, calls }
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

/** Sends what the agent must be told, if there is a connection to the agent. Otherwise it waits for one. */
export function sendOwed(turn: Turn, { runId }: LiveTool) {
  const { call } = turn.live
  const tool = findRun(turn, runId)
  if (!tool?.owed || tool.owed.isSent || call?.status !== 'connected') return
  const isOther = tool.agent !== toolsOf(turn).agent
  // An agent that does not remember has never heard of the call.
  if (isOther && call.agent !== 'reseeded' && !tool.isInContext) return settleOwed(turn, tool)
  const { message: owedMessage } = tool.owed
  // A decision is not confirmed.
  const owed = owedMessage.type === 'tool-answer' ? { ...tool.owed, isSent: true } : null
  setTool(turn, { ...tool, owed })
  // Only the agent that asked for a decision can use it.
  if (isOther && owedMessage.type === 'tool-approval') return
  const message =
    isOther && owedMessage.type === 'tool-answer' ? { ...owedMessage, isLate: true as const } : owedMessage
  turn.commands.push({ type: 'send', callId: call.id, requestId: null, message, isQueued: false })
}

export function oweAnswer(turn: Turn, tool: LiveTool, answer: ToolAnswer) {
  sendOwed(turn, setTool(turn, { ...tool, owed: owe(answerOf(tool, answer)) }))
}

/** The agent has the answer. */
export function confirm(turn: Turn, tool: LiveTool) {
  if (tool.owed?.isSent) settleOwed(turn, tool)
}

/** The agent has the answer, or needs none. Also clears the mark, or the next page would send the answer again. */
function settleOwed(turn: Turn, tool: LiveTool) {
  setTool(turn, { ...tool, owed: null })
  if (tool.owed?.message.type !== 'tool-answer') return
  // This answer tells no outcome and has set no mark: the call may still be open.
  if (tool.owed.message.answer === answers.repeated) return
  // It clears the mark only: the outcome is the app's.
  tell(turn, 'toolCallStopped', { toolCallId: tool.id, cancelled: false })
}

/** A turn that the agent completed after an answer shows that it was not lost with a connection. */
export function confirmAnswers(turn: Turn) {
  for (const tool of toolsOf(turn).calls) confirm(turn, tool)
}

/** The context of an attempt to connect was read: it tells what is in these messages. */
export function onContextRead(turn: Turn, { callId, messageIds }: EventNamed<'contextRead'>) {
  if (turn.live.call?.id !== callId) return
  for (const tool of toolsOf(turn).calls) {
    const isInContext = messageIds.includes(tool.id)
    setTool(turn, { ...tool, isInContext, owed: tool.owed && { ...tool.owed, isInContext } })
  }
}

/** The connection was lost, and with it perhaps what was sent and not confirmed. */
export function onToolConnectionLost(turn: Turn) {
  for (const tool of toolsOf(turn).calls) {
    if (tool.owed?.isSent) setTool(turn, { ...tool, owed: { ...tool.owed, isSent: false } })
  }
}

/** Tells the agent of the new connection what it has missed. */
export function onToolConnection(turn: Turn, { agent }: Pick<LiveCall, 'agent'>) {
  if (agent !== 'resumed') {
    const tools = toolsOf(turn)
    turn.live.tools = { ...tools, agent: tools.agent + 1 }
  }
  for (const tool of toolsOf(turn).calls) {
    if (agent !== 'resumed' && !tool.isOwn) forgetForeign(turn, tool)
    else if (agent !== 'resumed' && tool.owed?.isInContext) settleOwed(turn, tool)
    else sendOwed(turn, tool)
  }
}

/** The agent that had called a tool of its own is gone. */
function forgetForeign(turn: Turn, tool: LiveTool) {
  if (tool.step === 'done') return
  setTool(turn, { ...tool, step: 'done', owed: null })
  const hasBegun = tool.step === 'running' && tool.owed === null
  if (hasBegun) tell(turn, 'toolOutcomeUnknown', { toolCallId: tool.id })
  else tell(turn, 'toolCallStopped', { toolCallId: tool.id, cancelled: true })
}

export function sendOwedAnswers(turn: Turn) {
  for (const tool of toolsOf(turn).calls) sendOwed(turn, tool)
}

/** Finds the call that this message is owed for. */
const findOwing = (turn: Turn, message: ToolMessage) =>
  toolsOf(turn).calls.find(({ id, owed }) => {
    if (id !== message.toolCallId || owed?.message.type !== message.type) return false
    return owed.message.type === 'tool-approval' || owed.message.answer === answerIn(message)
  })

const answerIn = (message: ToolMessage) => (message.type === 'tool-answer' ? message.answer : null)

/** There was no connection to send it by. It is sent by the next one. */
export function onToolMessageReturned(turn: Turn, message: ToolMessage) {
  // A decision is owed no longer once it is sent.
  const decided = message.type === 'tool-approval' ? findById(turn, message.toolCallId) : undefined
  const tool = findOwing(turn, message) ?? decided
  if (tool) setTool(turn, { ...tool, owed: owe(message) })
}

/** The transport can't send it. The agent is told that there is an outcome. */
export function onToolMessageRefused(turn: Turn, message: ToolMessage, error: VoiceAgentError) {
  const tool = findOwing(turn, message)
  if (tool?.owed?.message.type !== 'tool-answer') return
  const isSubstitute = tool.owed.message.answer === answers.unsendable
  if (error.code === 'invalid-option' && !isSubstitute) oweAnswer(turn, tool, answers.unsendable)
  else setTool(turn, { ...tool, owed: null })
}

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
