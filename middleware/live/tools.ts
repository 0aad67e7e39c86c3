import { type Message, settleToolCall, type ToolAnswer, VoiceAgentError } from '../../store/index.js'
import type { ClientMessage } from '../drivers/call/ports.js'
import type { StoredSession } from '../drivers/storage/ports.js'
import type { EventNamed, Fact, LiveCall } from './state.js'
import { nextId, settle, type Turn, tell } from './turn.js'

/** A message about a tool call to its agent. */
type ToolMessage = Extract<ClientMessage, { type: 'tool-answer' | 'tool-approval' }>

/** A tool call of the open session. */
export interface LiveTool {
  id: string
  /** Unlike the provider's id, never used twice in a page. */
  runId: number
  name: string
  arguments: unknown
  /** False for a tool of the agent's own, which its provider only reports. */
  isOwn: boolean
  /** Number of the agent that made the call. */
  agent: number
  /** From `running` on it may have taken effect. */
  step: 'checking' | 'approval' | 'recording' | 'running' | 'done'
  /** The agent no longer waits for the outcome: it was told that it is unknown, or took the call back. */
  isLate: boolean
  /** The agent need not react to the outcome, because the user interrupted. */
  isQuiet: boolean
  /** The context of the last attempt to connect names the call. */
  isInContext: boolean
  /** Message that the agent has not confirmed. */
  owed: {
    message: ToolMessage
    isSent: boolean
    /** True if the context of the present attempt to connect tells it. */
    isInContext: boolean
  } | null
}

export interface LiveTools {
  sessionId: string
  /** Number of the present agent. An agent without memory is another one. */
  agent: number
  /** Ids of calls from before this page. None of them is run again. */
  earlierIds: readonly string[]
  calls: readonly LiveTool[]
}

const notRun = (why: string): ToolAnswer => ({ error: `${why} It has not run.` })
const answers = {
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

function toolsOf(turn: Turn): LiveTools {
  const { session, tools } = turn.live
  const sessionId = session?.id ?? ''
  return tools?.sessionId === sessionId ? tools : { sessionId, agent: 0, earlierIds: [], calls: [] }
}

const findTool = (turn: Turn, isMatch: (tool: LiveTool) => boolean) => toolsOf(turn).calls.find(isMatch)
const findById = (turn: Turn, id: string) => findTool(turn, (tool) => tool.id === id)
const findRun = (turn: Turn, runId: number) => findTool(turn, (tool) => tool.runId === runId)

/** Replaces a call in the record. */
function setTool(turn: Turn, tool: LiveTool): LiveTool {
  const tools = toolsOf(turn)
  const isKnown = tools.calls.some(({ runId }) => runId === tool.runId)
  const calls = isKnown
    ? tools.calls.map((other) => (other.runId === tool.runId ? tool : other))
    : [...tools.calls, tool]
  turn.live.tools = { ...tools, calls }
  return tool
}

const answerOf = (
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

const owe = (message: ToolMessage) => ({ message, isSent: false, isInContext: false })

/** Sends what the agent must be told, if there is a connection to the agent. Otherwise it waits for one. */
function sendOwed(turn: Turn, { runId }: LiveTool) {
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

function oweAnswer(turn: Turn, tool: LiveTool, answer: ToolAnswer) {
  sendOwed(turn, setTool(turn, { ...tool, owed: owe(answerOf(tool, answer)) }))
}

/** Ends a call that has not run, and never will. */
function cancelBeforeRun(turn: Turn, tool: LiveTool, answer: ToolAnswer | null) {
  turn.commands.push({ type: 'abortTool', runId: tool.runId })
  const done = setTool(turn, { ...tool, step: 'done', isQuiet: true, owed: null })
  tell(turn, 'toolCallStopped', {
    toolCallId: tool.id,
    cancelled: true,
    ...(answer && { isUndelivered: true }),
  })
  if (answer) oweAnswer(turn, done, answer)
}

/** Ends the wait for a call that runs. Its outcome is recorded when the run ends. */
function endWait(turn: Turn, tool: LiveTool, answer: ToolAnswer | null, isAborted: boolean) {
  if (isAborted) turn.commands.push({ type: 'abortTool', runId: tool.runId })
  if (tool.isLate) return
  const owed = answer && owe(answerOf({ ...tool, isQuiet: isAborted }, answer))
  const late = setTool(turn, { ...tool, isLate: true, isQuiet: isAborted, owed })
  tell(turn, 'toolOutcomeUnknown', { toolCallId: tool.id, ...(answer && { isUndelivered: true }) })
  sendOwed(turn, late)
}

const hasNotRun = ({ step }: LiveTool) => step === 'checking' || step === 'recording'

export type ToolFact = Extract<Fact, { name: 'toolCallStarted' | 'toolCallStopped' | 'toolApprovalNeeded' }>

export const isToolFact = (fact: Fact): fact is ToolFact =>
  fact.name === 'toolCallStarted' || fact.name === 'toolCallStopped' || fact.name === 'toolApprovalNeeded'

/** Takes up what the agent reports about its tool calls. */
export function onToolFact(turn: Turn, fact: ToolFact) {
  const tool = findById(turn, fact.payload.toolCallId)
  if (fact.name === 'toolCallStarted') startTool(turn, fact.payload, tool)
  else if (fact.name === 'toolCallStopped') stopTool(turn, fact, tool)
  else if (tool && !tool.isOwn && tool.step === 'running') {
    setTool(turn, { ...tool, step: 'approval' })
    turn.commands.push({ type: 'tell', fact })
  }
}

function startTool(turn: Turn, payload: EventPayload<'toolCallStarted'>, known: LiveTool | undefined) {
  const { toolCallId: id, name, arguments: args } = payload
  const { agent, earlierIds } = toolsOf(turn)
  const isOwn = turn.live.toolNames.includes(name)
  const tool: LiveTool = {
    id,
    runId: nextId(turn),
    name,
    arguments: args,
    isOwn,
    agent,
    step: isOwn ? 'checking' : 'running',
    isLate: false,
    isQuiet: false,
    isInContext: false,
    owed: null,
  }
  if (known || earlierIds.includes(id)) {
    const isRepeated = isOwn && known?.agent !== agent
    if (isRepeated) answerRepeated(turn, { ...(known ?? { ...tool, step: 'done' }), agent })
    return
  }
  setTool(turn, tool)
  tell(turn, 'toolCallStarted', payload)
  if (isOwn) turn.commands.push({ type: 'checkTool', runId: tool.runId, name, arguments: args })
}

/** A new agent waits for an answer, though the call of this id was another agent's. */
function answerRepeated(turn: Turn, tool: LiveTool) {
  const owed = owe(answerOf({ ...tool, isLate: false }, answers.repeated))
  sendOwed(turn, setTool(turn, { ...tool, isLate: true, owed }))
}

type EventPayload<Name extends Fact['name']> = Extract<Fact, { name: Name }>['payload']

function stopTool(turn: Turn, fact: Extract<Fact, { name: 'toolCallStopped' }>, tool: LiveTool | undefined) {
  if (!tool?.isOwn) {
    if (tool) setTool(turn, { ...tool, step: 'done', owed: null })
    turn.commands.push({ type: 'tell', fact })
  } else if (tool.step === 'done' || (tool.isLate && !fact.payload.cancelled)) confirm(turn, tool)
  else if (tool.step === 'running') endWait(turn, tool, null, true)
  else if (fact.payload.cancelled || hasNotRun(tool)) cancelBeforeRun(turn, tool, null)
}

/** The agent has the answer. */
function confirm(turn: Turn, tool: LiveTool) {
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

export function onToolChecked(turn: Turn, { runId, error, needsApproval }: EventNamed<'toolChecked'>) {
  const tool = findRun(turn, runId)
  if (tool?.step !== 'checking') return
  if (error !== null) {
    setTool(turn, { ...tool, step: 'running' })
    onToolSettled(turn, { type: 'toolSettled', runId, answer: { error } })
  } else if (needsApproval) {
    setTool(turn, { ...tool, step: 'approval' })
    tell(turn, 'toolApprovalNeeded', { toolCallId: tool.id })
  } else record(turn, tool)
}

/** Saves the call before it runs, so that a reload in between says that its outcome is unknown, and does not run it again. */
function record(turn: Turn, tool: LiveTool) {
  setTool(turn, { ...tool, step: 'recording' })
  turn.commands.push({ type: 'recordTool', runId: tool.runId })
}

export function onToolRecorded(turn: Turn, { runId }: EventNamed<'toolRecorded'>) {
  const tool = findRun(turn, runId)
  if (tool?.step !== 'recording') return
  setTool(turn, { ...tool, step: 'running' })
  turn.commands.push({ type: 'runTool', runId, name: tool.name })
}

export function onToolOverdue(turn: Turn, { runId, limitMs }: EventNamed<'toolOverdue'>) {
  const tool = findRun(turn, runId)
  if (tool?.step !== 'running') return
  const error = `It has not ended within ${limitMs / 1_000} s and still runs: its outcome is not known yet.`
  endWait(turn, tool, { error }, false)
}

export function onToolSettled(turn: Turn, { runId, answer }: EventNamed<'toolSettled'>) {
  const tool = findRun(turn, runId)
  if (tool?.step !== 'running') return
  if (answer === null) {
    endWait(turn, tool, answers.stopped, true)
    const ended = findRun(turn, runId)
    if (ended) setTool(turn, { ...ended, step: 'done' })
    return
  }
  const { id: toolCallId, name, arguments: args } = setTool(turn, { ...tool, step: 'done' })
  // The agent is answered when the outcome is in the state.
  tell(turn, 'toolCallAnswered', { toolCallId, name, arguments: args, answer })
}

/** The outcome of a call is recorded, by its tool or by the app. */
export function onToolAnswered(turn: Turn, { requestId, payload }: EventNamed<'toolCallAnswered'>) {
  settle(turn, [requestId])
  const { toolCallId: id, name, arguments: args, answer } = payload
  const { agent } = toolsOf(turn)
  const tool = findById(turn, id)
  const isLate = tool?.isLate ?? toolsOf(turn).earlierIds.includes(id)
  const done: LiveTool = {
    ...(tool ?? {
      id,
      runId: nextId(turn),
      name,
      arguments: args,
      agent,
      isQuiet: false,
      isInContext: false,
    }),
    isOwn: true,
    step: 'done',
    isLate,
    owed: null,
  }
  oweAnswer(turn, done, answer)
}

export function onToolDecided(
  turn: Turn,
  { type, requestId, payload }: EventNamed<'approveToolRequested' | 'declineToolRequested'>,
) {
  const tool = findById(turn, payload.toolCallId)
  const isApproved = type === 'approveToolRequested'
  if (tool?.step !== 'approval') {
    return settle(turn, [requestId], new VoiceAgentError('invalid-option', 'This tool call is over.'))
  }
  settle(turn, [requestId])
  if (!tool.isOwn) {
    const message = owe({ type: 'tool-approval', toolCallId: tool.id, isApproved })
    sendOwed(turn, setTool(turn, { ...tool, step: isApproved ? 'running' : 'done', owed: message }))
  } else if (isApproved) record(turn, tool)
  else {
    // Only marks the call, so that the next page tells an agent that has not heard of the decision.
    tell(turn, 'toolCallStopped', { toolCallId: tool.id, cancelled: true, isUndelivered: true })
    oweAnswer(turn, { ...tool, step: 'done' }, answers.declined)
  }
}

/** The user interrupts, which ends the wait for running tools. A decision of the user can still be made. */
export function interruptTools(turn: Turn) {
  for (const tool of toolsOf(turn).calls) {
    if (!tool.isOwn) continue
    if (hasNotRun(tool)) cancelBeforeRun(turn, tool, answers.interrupted)
    else if (tool.step === 'running') endWait(turn, tool, answers.interruptedRun, true)
  }
}

/** The call is over. @param isAborted False if it was lost: that stops no tool. */
export function endToolCalls(turn: Turn, isAborted: boolean) {
  for (const tool of toolsOf(turn).calls) {
    if (!tool.isOwn) setTool(turn, { ...tool, step: 'done', owed: null })
    else if (hasNotRun(tool) || tool.step === 'approval') cancelBeforeRun(turn, tool, answers.ended)
    else if (tool.step === 'running') endWait(turn, tool, answers.endedRun, isAborted)
  }
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

/** There was no connection to send it by. It is sent by the next one. */
export function onToolMessageReturned(turn: Turn, message: ToolMessage) {
  const tool = findById(turn, message.toolCallId)
  if (tool && (!tool.owed || tool.owed.message === message)) setTool(turn, { ...tool, owed: owe(message) })
}

/** The transport can't send it. The agent is told that there is an outcome. */
export function onToolMessageRefused(turn: Turn, { toolCallId }: ToolMessage, error: VoiceAgentError) {
  const tool = findById(turn, toolCallId)
  if (tool?.owed?.message.type !== 'tool-answer') return
  const isSubstitute = tool.owed.message.answer === answers.unsendable
  if (error.code === 'invalid-option' && !isSubstitute) oweAnswer(turn, tool, answers.unsendable)
  else setTool(turn, { ...tool, owed: null })
}

/** Drops the calls of a session that is no longer open. */
export function settleTools(turn: Turn) {
  const { session, tools } = turn.live
  if (!tools || tools.sessionId === session?.id) return
  for (const { runId, step } of tools.calls)
    if (step !== 'done') turn.commands.push({ type: 'abortTool', runId })
  turn.live.tools = null
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
