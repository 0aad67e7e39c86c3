import { toVoiceError, VoiceAgentError } from '../../store/index.js'
import type { ClientMessage } from '../drivers/call/ports.js'
import type { EventNamed, FactPayload } from './events.js'
import {
  type LiveCall,
  type QueuedMessage,
  type Reaction,
  settle,
  settleQuietly,
  type TextMessage,
  tell,
} from './state.js'
import { onToolMessageRefused, onToolMessageReturned } from './tool-answers.js'

export const endedUnsent = () => new VoiceAgentError('not-connected', 'The call ended before this was sent.')

const isText = (message: ClientMessage, id: string) => message.type === 'text' && message.id === id

const answer = (reaction: Reaction, requestId: string | null, error: VoiceAgentError | null = null) => {
  if (requestId !== null) settle(reaction, [requestId], error)
}

/** True if the current connection's agent acknowledges texts. */
const isAcknowledging = ({ lastTextId }: LiveCall) => lastTextId !== undefined

export function sendMessage(reaction: Reaction, requestId: string | null, message: ClientMessage) {
  const { call } = reaction.live
  if (!call) {
    const error = new VoiceAgentError('not-connected')
    if (message.type === 'text') tell(reaction, 'textRefused', { id: message.id, error: toVoiceError(error) })
    return answer(reaction, requestId, error)
  }
  if (call.status === 'connected') push(reaction, call, { requestId, message }, false)
  else queueMessage(reaction, call, requestId, message)
}

/** Sends a message over the current connection. Remembers a text until it is acknowledged. */
function push(reaction: Reaction, call: LiveCall, { requestId, message }: QueuedMessage, isQueued: boolean) {
  if (message.type === 'text') {
    reaction.live.call = { ...call, sent: [...call.sent, message] }
    // Marked before it is sent, so that a page that closes in between stores it as unsent.
    if (isAcknowledging(call) && !isQueued) tell(reaction, 'textQueued', { id: message.id })
  }
  reaction.commands.push({ type: 'send', callId: call.id, requestId, message, isQueued })
}

function queueMessage(reaction: Reaction, call: LiveCall, requestId: string | null, message: ClientMessage) {
  if (message.type === 'interrupt') {
    answer(reaction, requestId)
    // If the connection recovers, its agent may still be speaking. Between connections, there is nothing to interrupt.
    if (call.status === 'interrupted') wait(reaction, call, { requestId: null, message })
  } else if (message.type === 'text' || message.type === 'client-message') {
    wait(reaction, call, { requestId, message })
    markQueued(reaction, [{ requestId, message }])
  } else answer(reaction, requestId, endedUnsent())
}

/** Marks texts as waiting in the state. */
export function markQueued(reaction: Reaction, queued: readonly QueuedMessage[]) {
  for (const { message } of queued)
    if (message.type === 'text') tell(reaction, 'textQueued', { id: message.id })
}

function wait(reaction: Reaction, call: LiveCall, queued: QueuedMessage) {
  reaction.live.call = { ...call, outbox: [...call.outbox, queued] }
}

const unsend = (call: LiveCall, textId: string): LiveCall => ({
  ...call,
  sent: call.sent.filter(({ id }) => id !== textId),
})

/**
 * Queues a message whose call had no connection. The record may still say `connected`, because the end of the connection has not been
 * reported yet. Resending the message now would return it again, in an endless loop.
 */
export function onMessageReturned(
  reaction: Reaction,
  { callId, requestId, message }: EventNamed<'messageReturned'>,
) {
  const { call } = reaction.live
  if (message.type === 'tool-answer' || message.type === 'tool-approval')
    return onToolMessageReturned(reaction, message)
  if (call?.id !== callId) return sendMessage(reaction, requestId, message)
  // The loss of its connection was reported first, and has moved the text into the outbox. It never left the page, so it is not doubtful.
  const isBack = ({ message: queued }: QueuedMessage) => message.type === 'text' && isText(queued, message.id)
  if (call.outbox.some(isBack)) {
    const outbox = call.outbox.map((queued) => (isBack(queued) ? { requestId, message } : queued))
    reaction.live.call = { ...call, outbox }
    return
  }
  queueMessage(reaction, message.type === 'text' ? unsend(call, message.id) : call, requestId, message)
}

/** Resends a text that was not sent, with the same id. */
export function sendAgain(reaction: Reaction, call: LiveCall, requestId: string, message: TextMessage) {
  const { outbox, sent } = call
  // A subscriber may request it twice before the state shows that it is waiting.
  if ([...outbox.map((queued) => queued.message), ...sent].some((text) => isText(text, message.id)))
    return settle(reaction, [requestId], new VoiceAgentError('too-late', 'This text is being sent.'))
  if (call.status !== 'connected') return queueMessage(reaction, call, requestId, message)
  tell(reaction, 'textQueued', { id: message.id })
  push(reaction, call, { requestId, message }, true)
}

/** Counts the messages at the start of the outbox that the agent has received, according to its last acknowledgement. */
function countReceived({ outbox, lastTextId }: LiveCall): number {
  return outbox.findLastIndex(({ message }) => message.type === 'text' && message.id === lastTextId) + 1
}

/**
 * Sends the waiting messages. A doubtful text may have been received before. It is only resent if the agent has resumed the session and
 * reports that it lacks the text. Otherwise it is shown as not sent, and the user decides.
 *
 * @param call With the `agent` that is connected now.
 * @param isRecovered True if the same connection has recovered, so nothing sent over it is lost.
 */
export function drainOutbox(reaction: Reaction, call: LiveCall, isRecovered: boolean) {
  const { outbox, requestIds } = call
  const isKnown = call.agent === 'resumed' && isAcknowledging(call)
  const received = isKnown && !isRecovered ? countReceived(call) : 0
  reaction.live.call = { ...call, status: 'connected', requestIds: [], outbox: [] }
  for (const [index, { requestId, message, doubt }] of outbox.entries()) {
    const textId = message.type === 'text' ? message.id : null
    // The agent acknowledges its last text. It has earlier texts too, if they were sent over one connection, in order.
    const isReceived = index < received && (index === received - 1 || doubt === 'sent')
    if (textId !== null && isReceived) {
      tell(reaction, 'textSent', { id: textId })
      if (requestId !== null) settleQuietly(reaction, requestId)
    } else if (textId !== null && doubt && (!isKnown || index < received)) {
      tell(reaction, 'textNotSent', { id: textId })
    } else {
      const { live } = reaction
      if (live.call) push(reaction, live.call, { requestId, message }, true)
    }
  }
  settle(reaction, requestIds)
}

/** Records a connection that was established but has already been lost. Waiting messages are left for the next one. */
export function recordLostConnection(reaction: Reaction, call: LiveCall) {
  reaction.live.call = { ...call, status: 'connected', requestIds: [] }
  settle(reaction, call.requestIds)
}

/**
 * Moves texts that the agent may not have received back into the outbox, before the waiting ones. If the agent acknowledges texts, these
 * are all unacknowledged texts; otherwise only those that never left the page.
 *
 * @param undelivered Ids of texts that never left the page; null before another attempt, when nothing was lost.
 */
export function loseConnection(reaction: Reaction, call: LiveCall, undelivered: readonly string[] | null) {
  const lost = call.sent.flatMap((message): QueuedMessage[] => {
    if (undelivered?.includes(message.id)) return [{ requestId: null, message }]
    return isAcknowledging(call) ? [{ requestId: null, message, doubt: 'sent' }] : []
  })
  reaction.live.call = {
    ...call,
    status: 'lost',
    outbox: [...lost, ...call.outbox.filter(({ message }) => message.type !== 'interrupt')],
    sent: [],
    lastTextId: undefined,
  }
  markQueued(reaction, lost)
}

/** The agent has all texts up to this one, because they are sent in order over an ordered channel. */
export function acknowledge(
  reaction: Reaction,
  call: LiveCall,
  { lastTextId }: FactPayload<'textsAcknowledged'>,
) {
  const count = call.sent.findLastIndex(({ id }) => id === lastTextId) + 1
  reaction.live.call = { ...call, lastTextId, sent: call.sent.slice(count) }
  for (const { id } of call.sent.slice(0, count)) tell(reaction, 'textSent', { id })
}

/** A text that the transport held has left the page, so it counts as sent if the agent doesn't acknowledge texts. */
export function onTextLeft(reaction: Reaction, call: LiveCall, { id }: FactPayload<'textSent'>) {
  if (!isAcknowledging(call) && call.sent.some((text) => isText(text, id))) tell(reaction, 'textSent', { id })
}

export function onMessageSent(
  reaction: Reaction,
  { callId, requestId, textId, isQueued, isHeld }: EventNamed<'messageSent'>,
) {
  const { call } = reaction.live
  // A queued text is marked as waiting, which stays so if the transport holds it. A text that was sent directly has no mark.
  const isMarkChanged = isHeld !== isQueued
  if (textId !== null && call?.id === callId && !isAcknowledging(call) && isMarkChanged)
    tell(reaction, isHeld ? 'textQueued' : 'textSent', { id: textId })
  if (requestId !== null) settleQuietly(reaction, requestId)
}

export function onMessageRefused(
  reaction: Reaction,
  { callId, requestId, textId, isQueued, message, error }: EventNamed<'messageRefused'>,
) {
  if (message.type === 'tool-answer' || message.type === 'tool-approval')
    onToolMessageRefused(reaction, message, error)
  else answer(reaction, requestId, error)
  const { call } = reaction.live
  if (call?.id !== callId) return
  if (textId !== null) reaction.live.call = unsend(call, textId)
  // A text that was queued stays, marked as not sent, because the composer no longer contains it.
  if (textId !== null && isQueued) tell(reaction, 'textNotSent', { id: textId })
  if (textId !== null && !isQueued) tell(reaction, 'textRefused', { id: textId, error: toVoiceError(error) })
  else tell(reaction, 'agentErrorReported', { error: toVoiceError(error) })
}
