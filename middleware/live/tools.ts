import { type ToolAnswer, VoiceAgentError } from '../../store/index.js'
import type { EventNamed, Fact, FactPayload, ToolFact } from './events.js'
import { type LiveCall, type LiveTool, nextId, type Reaction, settle, tell } from './state.js'
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
function cancelBeforeRun(reaction: Reaction, tool: LiveTool, answer: ToolAnswer | null) {
  reaction.commands.push({ type: 'abortTool', runId: tool.runId })
  const done = setTool(reaction, { ...tool, step: 'done', isQuiet: true, owed: null })
  tell(reaction, 'toolCallStopped', {
    toolCallId: tool.id,
    cancelled: true,
    ...(answer && { isUndelivered: true }),
  })
  if (answer) oweAnswer(reaction, done, answer)
}

/** Stops waiting for a running call. Its outcome is recorded when the run ends. */
function endWait(reaction: Reaction, tool: LiveTool, answer: ToolAnswer | null, isAborted: boolean) {
  if (isAborted) reaction.commands.push({ type: 'abortTool', runId: tool.runId })
  if (tool.isLate) return
  const owed = answer && owe(answerOf({ ...tool, isQuiet: isAborted }, answer))
  const late = setTool(reaction, { ...tool, isLate: true, isQuiet: isAborted, owed })
  tell(reaction, 'toolOutcomeUnknown', { toolCallId: tool.id, ...(answer && { isUndelivered: true }) })
  sendOwed(reaction, late)
}

const hasNotRun = ({ step }: LiveTool) => step === 'checking' || step === 'recording'

/** Holds reports of an agent that is not connected yet, so that no tool runs for a connection attempt that fails. */
export function holdToolFact(reaction: Reaction, call: LiveCall, fact: ToolFact) {
  reaction.live.call = { ...call, held: [...call.held, { attemptId: call.attemptId, fact }] }
}

/** Handles held reports: those of this connection or, if the agent has resumed the session, of any attempt. */
export function releaseToolFacts(
  reaction: Reaction,
  { held }: LiveCall,
  { connectionId, agent }: FactPayload<'connectionEstablished'>,
) {
  for (const { attemptId, fact } of held)
    if (agent === 'resumed' || attemptId === connectionId) onToolFact(reaction, fact)
}

/** Handles the agent's reports about its tool calls. */
export function onToolFact(reaction: Reaction, fact: ToolFact) {
  const tool = findLatest(reaction, fact.payload.toolCallId)
  if (fact.name === 'toolCallStarted') startTool(reaction, fact.payload, tool)
  else if (fact.name === 'toolCallStopped') stopTool(reaction, fact, tool)
  else if (tool && !tool.isOwn && tool.step === 'running') {
    setTool(reaction, { ...tool, step: 'approval' })
    reaction.commands.push({ type: 'tell', fact })
  }
}

function startTool(reaction: Reaction, payload: FactPayload<'toolCallStarted'>, known: LiveTool | undefined) {
  const { toolCallId: id, name, arguments: args } = payload
  const { agent, earlierIds } = toolsOf(reaction)
  const isOwn = reaction.live.toolNames.includes(name)
  const tool: LiveTool = {
    id,
    runId: nextId(reaction),
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
    if (isOwn && known?.agent !== agent) answerRepeated(reaction, tool)
    return
  }
  setTool(reaction, tool)
  tell(reaction, 'toolCallStarted', payload)
  if (isOwn) reaction.commands.push({ type: 'checkTool', runId: tool.runId, name, arguments: args })
}

/**
 * Answers a new agent that repeats a call id of another agent. Uses a separate record, because the outcome of the earlier call may
 * still be open or undelivered.
 */
function answerRepeated(reaction: Reaction, tool: LiveTool) {
  const owed = owe(answerOf(tool, answers.repeated))
  sendOwed(reaction, setTool(reaction, { ...tool, step: 'done', isLate: true, owed }))
}

function stopTool(
  reaction: Reaction,
  fact: Extract<Fact, { name: 'toolCallStopped' }>,
  tool: LiveTool | undefined,
) {
  if (!tool?.isOwn) {
    if (tool) setTool(reaction, { ...tool, step: 'done', owed: null })
    reaction.commands.push({ type: 'tell', fact })
  } else if (tool.step === 'done' || (tool.isLate && !fact.payload.cancelled)) confirm(reaction, tool)
  else if (tool.step === 'running') endWait(reaction, tool, null, true)
  else if (fact.payload.cancelled || hasNotRun(tool)) cancelBeforeRun(reaction, tool, null)
}

export function onToolChecked(
  reaction: Reaction,
  { runId, error, needsApproval }: EventNamed<'toolChecked'>,
) {
  const tool = findRun(reaction, runId)
  if (tool?.step !== 'checking') return
  if (error !== null) {
    setTool(reaction, { ...tool, step: 'running' })
    onToolSettled(reaction, { type: 'toolSettled', runId, answer: { error } })
  } else if (needsApproval) {
    setTool(reaction, { ...tool, step: 'approval' })
    tell(reaction, 'toolApprovalNeeded', { toolCallId: tool.id })
  } else record(reaction, tool)
}

/** Saves the call before it runs, so that after a reload its outcome is known to be unknown, and it doesn't run again. */
function record(reaction: Reaction, tool: LiveTool) {
  setTool(reaction, { ...tool, step: 'recording' })
  reaction.commands.push({ type: 'recordTool', runId: tool.runId })
}

export function onToolRecorded(reaction: Reaction, { runId }: EventNamed<'toolRecorded'>) {
  const tool = findRun(reaction, runId)
  if (tool?.step !== 'recording') return
  setTool(reaction, { ...tool, step: 'running' })
  reaction.commands.push({ type: 'runTool', runId, name: tool.name })
}

export function onToolOverdue(reaction: Reaction, { runId, limitMs }: EventNamed<'toolOverdue'>) {
  const tool = findRun(reaction, runId)
  if (tool?.step !== 'running') return
  const error = `It has not ended within ${limitMs / 1_000} s and still runs: its outcome is not known yet.`
  endWait(reaction, tool, { error }, false)
}

export function onToolSettled(reaction: Reaction, { runId, answer }: EventNamed<'toolSettled'>) {
  const tool = findRun(reaction, runId)
  if (tool?.step !== 'running') return
  if (answer === null) {
    endWait(reaction, tool, answers.stopped, true)
    const ended = findRun(reaction, runId)
    if (ended) setTool(reaction, { ...ended, step: 'done' })
    return
  }
  const { id: toolCallId, name, arguments: args } = setTool(reaction, { ...tool, step: 'done' })
  // The agent is answered once the outcome is in the state.
  tell(reaction, 'toolCallAnswered', { toolCallId, name, arguments: args, answer })
}

/** Records the outcome of a call, reported by its tool or by the app. */
export function onToolAnswered(reaction: Reaction, { requestId, payload }: EventNamed<'toolCallAnswered'>) {
  settle(reaction, [requestId])
  const { toolCallId: id, name, arguments: args, answer } = payload
  const { agent } = toolsOf(reaction)
  const tool = findById(reaction, id)
  const isLate = tool?.isLate ?? toolsOf(reaction).earlierIds.includes(id)
  const done: LiveTool = {
    ...(tool ?? {
      id,
      runId: nextId(reaction),
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
  oweAnswer(reaction, done, answer)
}

export function onToolDecided(
  reaction: Reaction,
  { type, requestId, payload }: EventNamed<'approveToolRequested' | 'declineToolRequested'>,
) {
  const tool = findById(reaction, payload.toolCallId)
  const isApproved = type === 'approveToolRequested'
  if (tool?.step !== 'approval') {
    return settle(reaction, [requestId], new VoiceAgentError('too-late', 'This tool call is over.'))
  }
  settle(reaction, [requestId])
  if (!tool.isOwn) {
    const message = owe({ type: 'tool-approval', toolCallId: tool.id, isApproved })
    sendOwed(reaction, setTool(reaction, { ...tool, step: isApproved ? 'running' : 'done', owed: message }))
  } else if (isApproved) record(reaction, tool)
  else {
    reaction.commands.push({ type: 'abortTool', runId: tool.runId })
    // Only marks the call, so that the next page can tell an agent that has not received the decision.
    tell(reaction, 'toolCallStopped', { toolCallId: tool.id, cancelled: true, isUndelivered: true })
    oweAnswer(reaction, { ...tool, step: 'done' }, answers.declined)
  }
}

/** Handles an interruption by the user: stops waiting for running tools. Pending approvals can still be decided. */
export function interruptTools(reaction: Reaction) {
  for (const tool of toolsOf(reaction).calls) {
    if (!tool.isOwn) continue
    if (hasNotRun(tool)) cancelBeforeRun(reaction, tool, answers.interrupted)
    else if (tool.step === 'running') endWait(reaction, tool, answers.interruptedRun, true)
  }
}

/** Settles tool calls when the voice call ends. @param isAborted False if it was lost, which doesn't stop running tools. */
export function endToolCalls(reaction: Reaction, isAborted: boolean) {
  for (const tool of toolsOf(reaction).calls) {
    if (!tool.isOwn) setTool(reaction, { ...tool, step: 'done', owed: null })
    else if (hasNotRun(tool) || tool.step === 'approval') cancelBeforeRun(reaction, tool, answers.ended)
    else if (tool.step === 'running') endWait(reaction, tool, answers.endedRun, isAborted)
  }
}

/** Drops the tool calls of a session that is no longer open. */
export function dropForeignTools(reaction: Reaction) {
  const { session, tools } = reaction.live
  if (!tools || tools.sessionId === session?.id) return
  for (const { runId, step } of tools.calls)
    if (step !== 'done') reaction.commands.push({ type: 'abortTool', runId })
  reaction.live.tools = null
}
