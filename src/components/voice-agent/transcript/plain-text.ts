import type { Message } from '../../../../store/index.js'
import { getTimeFormat } from '../format/times.js'
import type { AssistantTexts } from '../texts/types.js'

type TurnTexts = Pick<AssistantTexts, 'locale' | 'author' | 'toolCall'>

/** Formats one turn: the speaker and the time on a line, and the words below it. */
export const formatTurn = (speaker: string, time: string, words: string) => `${speaker}, ${time}\n${words}`

/** Returns the words of a message: its text, or the name of its tool. */
export const toWords = ({ tool, text }: Message, texts: TurnTexts) => (tool ? texts.toolCall(tool) : text)

/** Formats messages as text, with speakers and times. Turns without words are left out. */
export function toPlainText(messages: readonly Message[], texts: TurnTexts): string {
  const { time } = getTimeFormat(texts.locale)
  return messages
    .map((message) => ({ ...message, words: toWords(message, texts) }))
    .filter(({ words }) => words !== '')
    .map(({ role, createdAt, words }) => formatTurn(texts.author[role], time(createdAt), words))
    .join('\n\n')
}
