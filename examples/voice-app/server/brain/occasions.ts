import { freshest, type Turn } from './answer.js'

/** First words of a new session. */
export const welcome = [
  'Hello, welcome to Kettle and Clay, the little shop for tea and pottery.',
  'Ask me about our teas, our cups or your order, by voice or in writing.',
]

/** First words of a new agent that received the client's last messages. */
export const reseeded = (messages: number) => [
  `I am back, and I have read our last ${messages === 1 ? 'message' : `${messages} messages`}.`,
  'Let us continue from there.',
]

/** Continues an answer that the loss of the call interrupted. `began` is true if a part of it was played. */
export function goOn(unspoken: readonly string[], began: boolean): string[] {
  const [first = '', ...rest] = unspoken
  const prefix = 'As I was saying: '
  return [began && !first.startsWith(prefix) ? prefix + first : first, ...rest]
}

/** Answers speech, which this server can't transcribe. */
export function toSpeech(seconds: number, history: readonly Turn[]): string[] {
  const heard = `${seconds.toFixed(1)} seconds`
  const ways = [
    [
      `I heard you for about ${heard}, but without a speech recogniser I cannot make out words.`,
      'Shall I tell you about our green tea, the Jade Sencha?',
      'Write to me, and I will answer.',
    ],
    [
      `That was some ${heard} of speech, and sadly I only notice that you speak, not what you say.`,
      'If it was about shipping: it is free from 50 euros on.',
    ],
    [
      `Your voice reached me for ${heard}, the words did not, because I work offline.`,
      'Perhaps you wanted a present: the Pair of Tasting Bowls is a favourite.',
    ],
    [
      `I listened for ${heard} and can honestly say that I understood none of it.`,
      'Our opening hours I can offer: Tuesday to Saturday from ten.',
    ],
    [
      `About ${heard} of sound came in, but words are beyond me without the internet.`,
      'The Ember Cup is the smallest of our cups, in case you asked for that.',
    ],
  ]
  // Compares without the first sentence, which contains the seconds and so is always different.
  const offers = ways.map((way) => way.slice(1))
  const said = history.map((turn) => ({ ...turn, text: turn.text.replace(/^.*?\d\.\d seconds.*?\. /, '') }))
  return ways[offers.indexOf(freshest(offers, said))] ?? []
}
