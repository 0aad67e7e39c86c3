import { type Random, randomOf } from '../random.js'
import { textOf, wordsOf } from '../texts.js'
import type { Entry } from '../truth.js'
import type { App } from './agent.js'

/** Range of milliseconds between two words. */
const paces: [[number, number], ...[number, number][]] = [
  [4, 6],
  [15, 50],
  [120, 250],
]

/** Generates a conversation that lasts as long as the page. `from` is the number of its next message. The seed determines its content. */
export function converse(
  { emit }: Pick<App, 'emit'>,
  seed: string,
  { from, onEntry }: { from: number; onEntry: (entry: Entry) => void },
): void {
  const random = randomOf(`${seed}/pace/${from}`)
  const [shortest, longest] = random.pick(paces)
  let n = from
  let turn: { id: string; n: number; words: string[]; text: string } | null = null

  const said = (number: number, length: number, isFinal: boolean) =>
    onEntry({ n: number, length, isFinal, at: Date.now() })

  function userSays() {
    const text = textOf(seed, n)
    emit({ type: 'userTranscriptReceived', text, final: true })
    said(n++, text.length, true)
  }

  function beginTurn() {
    turn = { id: crypto.randomUUID(), n, words: wordsOf(seed, n), text: '' }
    emit({ type: 'assistantTurnStarted', turnId: turn.id })
    said(n++, 0, false)
  }

  function goOn(open: NonNullable<typeof turn>) {
    const word = open.words.shift()
    if (word === undefined) {
      emit({ type: 'assistantTurnCompleted', turnId: open.id })
      said(open.n, open.text.length, true)
      turn = null
      return
    }
    const delta = open.text === '' ? word : ` ${word}`
    open.text += delta
    emit({ type: 'assistantTextAppended', turnId: open.id, delta })
    said(open.n, open.text.length, false)
  }

  function step() {
    if (turn) {
      goOn(turn)
      if (isOneIn(random, 40)) userSays()
    } else if (isOneIn(random, 15)) {
      // Sends many messages in one task, as after a lost connection.
      for (let left = random.between(10, 90); left > 0; left--) userSays()
    } else if (isOneIn(random, 2)) {
      userSays()
    } else {
      beginTurn()
    }
    setTimeout(step, random.between(shortest, longest))
  }
  step()
}

const isOneIn = (random: Random, times: number) => random.between(1, times) === 1
