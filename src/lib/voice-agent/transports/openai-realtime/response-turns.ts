import type { TransportEvent } from '../../../../../middleware/drivers/call/ports.js'
import type { ItemOrder } from './item-order.js'

/** One response of the model, with its turns and the state of generation and playback. */
interface ModelResponse {
  /** Started turns by item id. */
  turns: Map<string, { hasText: boolean }>
  hasAudio: boolean
  isGenerated: boolean
  /** Start of playback in milliseconds on the injected clock; null while it is not playing. */
  playingSince: number | null
  isPlayed: boolean
}

/** Tracks the assistant's turns. A response ends when it is generated and, if it has audio, played, which takes longer. */
export interface ResponseTurns {
  begin(responseId: string): void
  startTurn(responseId: unknown, itemId: string): void
  addText(responseId: unknown, itemId: string, delta: string, isSpoken: boolean): void
  /** Handles the whole text of a turn. Shown only if no delta arrived. */
  completeText(responseId: unknown, itemId: string, text: string, isSpoken: boolean): void
  generated(responseId: unknown, isIncomplete: boolean): void
  playing(responseId: unknown): void
  played(responseId: unknown): void
  /** Ends a response whose remaining audio was dropped. */
  cleared(responseId: unknown): void
  /** Returns the playing item and the milliseconds played; null if nothing plays or the response has several items. */
  heard(): { itemId: string; ms: number } | null
  readonly isPlaying: boolean
}

export function createResponseTurns(
  order: ItemOrder,
  emit: (event: TransportEvent) => void,
  now: () => number,
): ResponseTurns {
  const responses = new Map<string, ModelResponse>()
  /** Ids of all turns so far. A repeated id must not create a second message. */
  const begun = new Set<string>()

  /** Ids of ended responses. Late events of these are ignored. */
  const ended = new Set<string>()

  const find = (id: unknown) => (typeof id === 'string' ? responses.get(id) : undefined)

  /** Finds the response that an event belongs to. Begins it if `response.created` did not arrive, as with compatible servers. */
  function findOrBegin(id: unknown) {
    if (typeof id === 'string') begin(id)
    return find(id)
  }

  function begin(id: string) {
    if (responses.has(id) || ended.has(id)) return
    responses.set(id, {
      turns: new Map(),
      hasAudio: false,
      isGenerated: false,
      playingSince: null,
      isPlayed: false,
    })
  }
  const playingOne = () => [...responses].find(([, { playingSince }]) => playingSince !== null)

  function end(id: string, type: 'assistantTurnCompleted' | 'assistantTurnInterrupted') {
    const response = responses.get(id)
    if (!response) return
    responses.delete(id)
    ended.add(id)
    for (const turnId of response.turns.keys()) order.emit(turnId, { type, turnId })
  }

  function endIfOver(id: string) {
    const { isGenerated, hasAudio, isPlayed } = responses.get(id) ?? {}
    if (isGenerated && (!hasAudio || isPlayed)) end(id, 'assistantTurnCompleted')
  }

  function startTurn(response: ModelResponse, itemId: string) {
    const known = response.turns.get(itemId)
    if (known || begun.has(itemId)) return known
    begun.add(itemId)
    const turn = { hasText: false }
    response.turns.set(itemId, turn)
    order.place(itemId)
    order.emit(itemId, { type: 'assistantTurnStarted', turnId: itemId })
    return turn
  }

  function addText(responseId: unknown, itemId: string, delta: string, isSpoken: boolean) {
    const response = findOrBegin(responseId)
    if (!response) return
    const turn = startTurn(response, itemId)
    response.hasAudio ||= isSpoken
    if (!turn || delta === '') return
    turn.hasText = true
    order.emit(itemId, { type: 'assistantTextAppended', turnId: itemId, delta })
  }

  /** Stops playback of a response, or of the playing one if the event has no id. Returns the id of the stopped response. */
  function stopPlaying(id: unknown): string | null {
    const stopped = typeof id === 'string' ? id : playingOne()?.[0]
    const response = find(stopped)
    if (!response || stopped === undefined) return null
    if (response.playingSince !== null) emit({ type: 'assistantSpeechStopped' })
    response.playingSince = null
    return stopped
  }

  return {
    begin,
    startTurn(responseId, itemId) {
      const response = findOrBegin(responseId)
      if (response) startTurn(response, itemId)
    },
    addText,
    completeText(responseId, itemId, text, isSpoken) {
      const isShown = find(responseId)?.turns.get(itemId)?.hasText
      addText(responseId, itemId, isShown ? '' : text, isSpoken)
    },
    generated(id, isIncomplete) {
      const response = find(id)
      if (!response || typeof id !== 'string') return
      response.isGenerated = true
      if (!isIncomplete) return endIfOver(id)
      stopPlaying(id)
      end(id, 'assistantTurnInterrupted')
    },
    playing(id) {
      const response = findOrBegin(id)
      if (!response) return
      // The buffer plays one response at a time, so earlier ones have been played even if no event said so.
      for (const [other, { isGenerated, hasAudio }] of responses) {
        if (other !== id && isGenerated && hasAudio) end(other, 'assistantTurnCompleted')
      }
      response.hasAudio = true
      response.isPlayed = false
      response.playingSince = now()
      emit({ type: 'assistantSpeechStarted' })
    },
    played(id) {
      const stopped = stopPlaying(id)
      const response = find(stopped)
      if (!response || stopped === null) return
      response.isPlayed = true
      endIfOver(stopped)
    },
    cleared(id) {
      const stopped = stopPlaying(id)
      if (stopped !== null) end(stopped, 'assistantTurnInterrupted')
    },
    heard() {
      const [, response] = playingOne() ?? []
      const [itemId, ...others] = response?.turns.keys() ?? []
      if (!response || response.playingSince === null || itemId === undefined || others.length > 0)
        return null
      return { itemId, ms: Math.max(0, Math.floor(now() - response.playingSince)) }
    },
    get isPlaying() {
      return playingOne() !== undefined
    },
  }
}
