import type { Topic, Turn } from './answer.js'

const quotedLength = 70
const quotedTurns = 4

const askBack =
  /\b(what (did|have|was|were) (i|we|you|my)\b.*\b(ask|asked|say|said|talk|talked|talking|discuss|discussed|question|questions|before|last|first|earlier|tell|told)|do you remember|remember (me|what|anything)|where were we|what were we|remind me|summar\w+|recap|so far)\b/

/** Answers from the conversation's history, which show that a session was restored. */
export const memoryTopics: readonly Topic[] = [
  {
    name: 'memory-first',
    matches: ({ said }) => askBack.test(said) && /\bfirst\b/.test(said) && !/\bflush\b/.test(said),
    ways: ({ history }) => {
      const first = history.find(({ role, text }) => role === 'user' && text !== '')
      if (!first) return nothingYet
      const again = 'Shall I answer it once more?'
      return [
        [`The first thing you asked was this: ${quote(first)}.`, again],
        [`It began with your words: ${quote(first)}.`, 'I have kept it all since then.'],
      ]
    },
  },
  {
    name: 'memory',
    matches: ({ said }) => askBack.test(said),
    ways: ({ history }) => {
      const said = history.filter(({ role }) => role === 'user')
      if (said.length === 0) return nothingYet
      const written = said.filter(({ text }) => text !== '')
      const aloud = said.length - written.length
      const spoken =
        aloud === 0
          ? []
          : [`${aloud === 1 ? 'Once' : `${aloud} times`} you spoke aloud, and I could not make out words.`]
      if (written.length === 0) return [spoken, ['I remember no written word of yours.', ...spoken]]
      const told = history.findLast(({ role }) => role === 'assistant')
      const mine = told ? [`The last thing I said began with: ${clip(firstSentence(told.text))}.`] : []
      const count = written.length
      const quotes = inOrder(written.slice(-quotedTurns).map(quote))
      return [
        [
          `I remember ${count === 1 ? 'one thing' : `${count} things`} you wrote.`,
          quotes,
          ...spoken,
          ...mine,
        ],
        ['Certainly, here is what we talked about.', quotes, ...mine],
        ['Let me look back.', quotes, ...spoken, 'Ask me to continue with any of it.'],
      ]
    },
  },
]

const nothingYet = [
  [
    'You have not asked me anything yet, this is where our conversation begins.',
    'Ask me about our teas, for example.',
  ],
  ['There is nothing before this in my memory.', 'What would you like to know about the shop?'],
]

function inOrder(quotes: string[]): string {
  const [last, ...earlier] = quotes.toReversed()
  if (earlier.length === 0) return `You said: ${last}.`
  return `Last you said: ${last}, and before that: ${earlier.join(', and ')}.`
}

const quote = ({ text }: Turn) => `“${clip(text)}”`

const firstSentence = (text: string) => /^.*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text

function clip(text: string): string {
  const plain = text.replaceAll(/\s+/g, ' ').trim()
  if (plain.length <= quotedLength) return plain.replace(/[.!?]+$/, '')
  return `${plain.slice(0, plain.lastIndexOf(' ', quotedLength))} …`
}
