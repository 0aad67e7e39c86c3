import type { Topic } from './answer.js'

/** Thanks, goodbye, help and small talk. */
export const manners: readonly Topic[] = [
  {
    name: 'goodbye',
    matches: ({ said }) => /\b(bye|goodbye|see you|farewell|good night|that's all|that is all)\b/.test(said),
    ways: () => [
      [
        'Goodbye, and thank you for stopping by at Kettle and Clay.',
        'I will remember our talk for a little while, in case you come back.',
      ],
      ['See you soon.', 'May your next cup be a good one.'],
    ],
  },
  {
    name: 'thanks',
    matches: ({ said }) =>
      /\b(thanks|thank you|thank|cheers|great|perfect|wonderful|lovely|nice)\b/.test(said),
    ways: () => [
      ['You are very welcome.', 'Is there anything else you would like to know, about shipping for example?'],
      ['My pleasure.', 'If you like, I can tell you what is in your cart.'],
      ['Always glad to help.', 'Just ask when something else comes to mind.'],
    ],
  },
  {
    name: 'help',
    matches: ({ said }) => /\b(help|what can you|what do you know|how does this work|can you)\b/.test(said),
    ways: () => [
      [
        'I can tell you what we sell, what it costs and how it tastes.',
        'I know about shipping, returns and our opening hours, and I can read your cart to you.',
        'And I remember what we talked about, even after you reload the page.',
      ],
      [
        'Ask me to compare two teas, to recommend a present, or for the cheapest cup.',
        'You can also ask how to brew, how to order, and what you asked before.',
      ],
    ],
  },
  {
    name: 'wellbeing',
    matches: ({ said }) => /\bhow (are you|is it going|do you do)\b/.test(said),
    ways: () => [
      ['Very well, thank you, the kettle has just boiled.', 'And what brings you to our shop today?'],
      ['As fine as a script can be.', 'What may I show you, a tea or a piece of pottery?'],
    ],
  },
]

export const greeting: Topic = {
  name: 'greeting',
  matches: ({ said }) => /\b(hello|hi|hey|good (morning|afternoon|evening|day)|greetings)\b/.test(said),
  ways: () => [
    ['Hello, and good to have you here.', 'Are you looking for a tea, or for something to drink it from?'],
    ['Hello again.', 'What would you like to know about Kettle and Clay?'],
    ['Good day to you.', 'I could tell you about the teas we have, or about a present for a friend.'],
  ],
}

export const fallback: Topic = {
  name: 'fallback',
  matches: () => true,
  ways: () => [
    [
      'I am a small scripted shop assistant, and that is beyond me.',
      'I can talk about our teas and pottery, prices, shipping, returns and your cart.',
      'Try asking for the cheapest cup, for example.',
    ],
    [
      'There I have no answer in my script, I am sorry.',
      'I do know every product by name, how to brew tea, and what you asked me before.',
    ],
    [
      'This one goes over my head.',
      'Ask me to recommend a present, to compare two teas, or when the shop is open.',
    ],
  ],
}
