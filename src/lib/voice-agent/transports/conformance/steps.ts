import type { ReportedEvent } from '../../../../../middleware/drivers/call/ports.js'
import { asVoiceAgentError, type VoiceAgentError } from '../../../../../store/index.js'
import { check, SECRET, settled, type Trial, until, type World } from './world.js'

export const context = [
  { id: 'm1', role: 'user', text: 'Do you have green tea?' },
  { id: 'm2', role: 'assistant', text: 'We have Sencha.' },
] as const

/** Returns all text in an error and its causes. */
function textsOf(error: unknown): string {
  const texts: string[] = []
  for (
    let at: unknown = error;
    at !== undefined && texts.length < 10;
    at = (at as { cause?: unknown }).cause
  ) {
    texts.push(String(at), JSON.stringify(at) ?? '')
    if (!(at instanceof Error)) break
  }
  return texts.join('\n')
}

/** Connects and requires success. */
export async function connected(
  world: World,
  request: Parameters<Trial['connect']>[0] = {},
): Promise<Trial & { agent: string }> {
  const trial = world.begin()
  const outcome = await settled(
    trial.connect(request),
    '`connect` must resolve when the agent is ready to talk.',
  )
  check(
    outcome.status === 'fulfilled',
    `\`connect\` must resolve; it rejected with ${String((outcome as PromiseRejectedResult).reason)}.`,
  )
  return Object.assign(trial, { agent: outcome.value })
}

/** Requires a connection attempt to reject. Returns its error. */
export async function refused(world: World, rule: string): Promise<VoiceAgentError> {
  const trial = world.begin()
  const outcome = await settled(trial.connect(), rule)
  check(outcome.status === 'rejected', rule)
  trial.connection.close()
  check(!textsOf(outcome.reason).includes(SECRET), 'No error may contain the token.')
  check(!JSON.stringify(trial.events).includes(SECRET), 'No event may contain the token.')
  check(trial.contextAtGate === null, 'The microphone must stay closed when `connect` rejects.')
  return asVoiceAgentError(outcome.reason)
}

type Turn = Extract<ReportedEvent, { turnId: string }>

/** Selects the events of the assistant's turns. */
export const turnsOf = (events: readonly ReportedEvent[]) =>
  events.filter((event): event is Turn => event.type.startsWith('assistantT') && 'turnId' in event)

export function textOf(events: readonly ReportedEvent[]): string {
  let text = ''
  for (const event of events) {
    if (event.type === 'assistantTextAppended') text += event.delta
    if (event.type === 'assistantTextReplaced') ({ text } = event)
  }
  return text
}

export const protocolErrors = (events: readonly ReportedEvent[]) =>
  events.filter(({ type }) => type === 'protocolError').length

/** Sends an answer from the provider and requires it to be streamed. */
export async function requireAnswer(world: World, trial: Trial, parts: readonly string[]) {
  const from = trial.events.length
  const messages = world.provider.answer(parts)
  await trial.say(messages.slice(0, -1))
  const ended = (event: ReportedEvent) =>
    event.type === 'assistantTurnCompleted' || event.type === 'assistantTurnInterrupted'
  check(
    textOf(trial.events.slice(from)).length > 0,
    'An answer must be streamed: emit `assistantTextAppended` before its last message arrives.',
  )
  await trial.say(messages.slice(-1))
  const begunIn = (turns: readonly Turn[]) => turns.findLast(({ type }) => type === 'assistantTurnStarted')
  // An earlier message may have left another turn open, which ends now.
  const isOver = () => {
    const turns = turnsOf(trial.events.slice(from))
    const begun = begunIn(turns)
    return turns.some((turn) => ended(turn) && (!begun || turn.turnId === begun.turnId))
  }
  await until(isOver, 'An answer must end with `assistantTurnCompleted`.')
  const all = turnsOf(trial.events.slice(from))
  const begun = begunIn(all)
  check(begun, 'An answer must begin with `assistantTurnStarted`.')
  const turns = all.slice(all.indexOf(begun))
  const text = textOf(turns)
  check(text.trim() === parts.join('').trim(), `The answer must be '${parts.join('')}'; it is '${text}'.`)
  check(
    new Set(turns.map(({ turnId }) => turnId)).size === 1,
    'All events of an answer must have the same `turnId`.',
  )
  check(turns.at(-1)?.type === 'assistantTurnCompleted', 'An answer must end with `assistantTurnCompleted`.')
  return begun.turnId
}

/** Values that break code that reads them unchecked. */
const nonsense: readonly unknown[] = [null, 7, '', [], {}, [[]], 'x'.repeat(70_000)]

/** Texts that no provider sends, and this provider's messages with a missing or wrong field. */
export function* malformed(messages: readonly string[]): Generator<string> {
  yield* [
    '',
    'null',
    '7',
    '"',
    '[]',
    '{}',
    '{"type":',
    '<html>',
    '\u0000',
    '['.repeat(50_000),
    '{"__proto__":1}',
  ]
  yield* [
    '{"type":{}}',
    '{"kind":null}',
    '{"label":"rtvi-ai"}',
    '{"type":"toString"}',
    '{"kind":"constructor"}',
  ]
  for (const message of messages) {
    let fields: unknown
    try {
      fields = JSON.parse(message)
    } catch {
      continue
    }
    if (typeof fields !== 'object' || fields === null) continue
    for (const name of Object.keys(fields)) {
      for (const value of nonsense) yield JSON.stringify({ ...fields, [name]: value })
      const { [name as never]: _, ...others } = fields
      yield JSON.stringify(others)
    }
  }
}
