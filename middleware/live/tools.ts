import { type ToolAnswer, VoiceAgentError } from '../../store/index.js'
import type { EventNamed, Fact, FactPayload, ToolFact } from './events.js'
import { type LiveCall, type LiveTool, nextId, settle, type Turn, tell } from './state.js'
import {
  answerOf,
  answers,
  confirm,
  findById,
  findLatest,
  findRun,
  owe,
  oweAnswer,
  sendOwed,
  setTool,
  toolsOf,
} from './tool-answers.js'

/** Ends a call that has not run and never will. */
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

/** Stops waiting for a running call. Its outcome is recorded when the run ends. */
function endWait(turn: Turn, tool: LiveTool, answer: ToolAnswer | null, isAborted: boolean) {
  if (isAborted) turn.commands.push({ type: 'abortTool', runId: tool.runId })
  if (tool.isLate) return
  const owed = answer && owe(answerOf({ ...tool, isQuiet: isAborted }, answer))
  const late = setTool(turn, { ...tool, isLate: true, isQuiet: isAborted, owed })
  tell(turn, 'toolOutcomeUnknown', { toolCallId: tool.id, ...(answer && { isUndelivered: true }) })
  sendOwed(turn, late)
}

const hasNotRun = ({ step }: LiveTool) => step === 'checking' || step === 'recording'

export const isToolFact = (fact: Fact): fact is ToolFact =>
  fact.name === 'toolCallStarted' || fact.name === 'toolCallStopped' || fact.name === 'toolApprovalNeeded'

/** Holds reports of an agent that is not connected yet, so that no tool runs for a connection attempt that fails. */
export function holdToolFact(turn: Turn, call: LiveCall, fact: ToolFact) {
  turn.live.call = { ...call, held: [...call.held, { attemptId: call.attemptId, fact }] }
}

/** Handles held reports: those of this connection or, if the agent has resumed the session, of any attempt. */
export function releaseToolFacts(
  turn: Turn,
  { held }: LiveCall,
  { connectionId, agent }: FactPayload<'connectionEstablished'>,
) {
  for (const { attemptId, fact } of held)
    if (agent === 'resumed' || attemptId === connectionId) onToolFact(turn, fact)
}

/** Handles the agent's reports about its tool calls. */
export function onToolFact(turn: Turn, fact: ToolFact) {
  const tool = findLatest(turn, fact.payload.toolCallId)
  if (fact.name === 'toolCallStarted') startTool(turn, fact.payload, tool)
  else if (fact.name === 'toolCallStopped') stopTool(turn, fact, tool)
  else if (tool && !tool.isOwn && tool.step === 'running') {
    setTool(turn, { ...tool, step: 'approval' })
    turn.commands.push({ type: 'tell', fact })
  }
}

function startTool(turn: Turn, payload: FactPayload<'toolCallStarted'>, known: LiveTool | undefined) {
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
    if (isOwn && known?.agent !== agent) answerRepeated(turn, tool)
    return
  }
  setTool(turn, tool)
  tell(turn, 'toolCallStarted', payload)
  if (isOwn) turn.commands.push({ type: 'checkTool', runId: tool.runId, name, arguments: args })
}

/**
 * Answers a new agent that repeats a call id of another agent. Uses a separate record, because the outcome of the earlier call may
 * still be open or undelivered.
 */
function answerRepeated(turn: Turn, tool: LiveTool) {
  const owed = owe(answerOf(tool, answers.repeated))
  sendOwed(turn, setTool(turn, { ...tool, step: 'done', isLate: true, owed }))
}

function stopTool(turn: Turn, fact: Extract<Fact, { name: 'toolCallStopped' }>, tool: LiveTool | undefined) {
  if (!tool?.isOwn) {
    if (tool) setTool(turn, { ...tool, step: 'done', owed: null })
    turn.commands.push({ type: 'tell', fact })
  } else if (tool.step === 'done' || (tool.isLate && !fact.payload.cancelled)) confirm(turn, tool)
  else if (tool.step === 'running') endWait(turn, tool, null, true)
  else if (fact.payload.cancelled || hasNotRun(tool)) cancelBeforeRun(turn, tool, null)
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

/** Saves the call before it runs, so that after a reload its outcome is known to be unknown, and it doesn't run again. */
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
  // The agent is answered once the outcome is in the state.
  tell(turn, 'toolCallAnswered', { toolCallId, name, arguments: args, answer })
}

/** Records the outcome of a call, reported by its tool or by the app. */
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
    return settle(turn, [requestId], new VoiceAgentError('too-late', 'This tool call is over.'))
  }
  settle(turn, [requestId])
  if (!tool.isOwn) {
    const message = owe({ type: 'tool-approval', toolCallId: tool.id, isApproved })
    sendOwed(turn, setTool(turn, { ...tool, step: isApproved ? 'running' : 'done', owed: message }))
  } else if (isApproved) record(turn, tool)
  else {
    turn.commands.push({ type: 'abortTool', runId: tool.runId })
    // Only marks the call, so that the next page can tell an agent that has not received the decision.
    tell(turn, 'toolCallStopped', { toolCallId: tool.id, cancelled: true, isUndelivered: true })
    oweAnswer(turn, { ...tool, step: 'done' }, answers.declined)
  }
}

/** Handles an interruption by the user: stops waiting for running tools. Pending approvals can still be decided. */
export function interruptTools(turn: Turn) {
  for (const tool of toolsOf(turn).calls) {
    if (!tool.isOwn) continue
    if (hasNotRun(tool)) cancelBeforeRun(turn, tool, answers.interrupted)
    else if (tool.step === 'running') endWait(turn, tool, answers.interruptedRun, true)
  }
}

/** Settles tool calls when the voice call ends. @param isAborted False if it was lost, which doesn't stop running tools. */
export function endToolCalls(turn: Turn, isAborted: boolean) {
  for (const tool of toolsOf(turn).calls) {
    if (!tool.isOwn) setTool(turn, { ...tool, step: 'done', owed: null })
    else if (hasNotRun(tool) || tool.step === 'approval') cancelBeforeRun(turn, tool, answers.ended)
    else if (tool.step === 'running') endWait(turn, tool, answers.endedRun, isAborted)
  }
}

/** Drops the tool calls of a session that is no longer open. */
export function settleTools(turn: Turn) {
  const { session, tools } = turn.live
  if (!tools || tools.sessionId === session?.id) return
  for (const { runId, step } of tools.calls)
    if (step !== 'done') turn.commands.push({ type: 'abortTool', runId })
  turn.live.tools = null
}
