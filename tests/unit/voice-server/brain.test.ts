import { describe, expect, it } from 'vitest'
import { answer, type CartItem, type Turn } from '../../../examples/voice-app/server/brain/answer.js'
import { spokenPrice } from '../../../examples/voice-app/server/brain/money.js'
import { goOn, toSpeech } from '../../../examples/voice-app/server/brain/occasions.js'
import { catalogue } from '../../../examples/voice-app/server/catalogue.js'

const cart: CartItem[] = [
  { id: 'chalk-mug', quantity: 2 },
  { id: 'jade-sencha', quantity: 1 },
]

/** Asks the questions in turn. Returns the answers with their topics. */
function converse(questions: string[], told: CartItem[] | null = null, history: Turn[] = []) {
  return questions.map((text) => {
    const { topic, sentences } = answer({ text, cart: told, history, tools: new Set() })
    history.push({ role: 'user', text }, { role: 'assistant', text: sentences.join(' ') })
    return { topic, sentences, text: sentences.join(' ') }
  })
}

const lastAnswer = (questions: string[], told: CartItem[] | null = null) =>
  converse(questions, told).at(-1)?.text

describe('the brain', () => {
  it('holds a conversation of twenty turns without a fallback or the same answer twice in a row', () => {
    const answers = converse(
      [
        'Hello!',
        'What do you sell?',
        'Which teas do you have?',
        'Tell me about the Jade Sencha',
        'How much is it?',
        'And the oolong?',
        'Compare it with the sencha',
        'What is your cheapest cup?',
        'And the most expensive teapot?',
        'Can you recommend a gift?',
        'Something else, please, what would you suggest?',
        'What’s in my cart?',
        'And the total?',
        'How long does shipping take?',
        'Can I return it?',
        'When are you open?',
        'How do I brew green tea?',
        'How do I order?',
        'What did I ask before?',
        'Thank you, goodbye!',
      ],
      cart,
    )
    expect(answers.map(({ topic }) => topic)).not.toContain('fallback')
    answers.forEach(({ text, sentences }, index) => {
      expect(text).not.toBe(answers[index - 1]?.text)
      expect(sentences.length).toBeGreaterThanOrEqual(2)
    })
  })

  it('varies its words when asked the same thing again', () => {
    const [first, second] = converse(['What do you sell?', 'What do you sell?'])
    expect(second?.text).not.toBe(first?.text)
  })

  it('describes and prices every product of the catalogue', () => {
    for (const { name, price } of catalogue) {
      expect(lastAnswer([`Tell me about the ${name}`]), name).toContain(name)
      expect(lastAnswer([`How much is the ${name}?`]), name).toContain(spokenPrice(price))
    }
  })

  it('remembers what was asked, in this call or before it', () => {
    const history: Turn[] = [
      { role: 'user', text: 'Is the kyusu made of clay?' },
      { role: 'assistant', text: 'It is.' },
      { role: 'user', text: '' },
    ]
    const [last, first] = converse(['What did I ask before?', 'What was my first question?'], null, history)
    expect(last?.text).toContain('Is the kyusu made of clay')
    expect(first?.text).toContain('Is the kyusu made of clay')
    expect(lastAnswer(['Do you remember anything?'])).toMatch(/begins|nothing before/)
  })

  it('knows the product that "it" points back to', () => {
    expect(lastAnswer(['Tell me about the River Kyusu', 'How much does it cost?'])).toContain('78 euros 50')
  })

  it('adds up the cart it has received, and says so if it has received none', () => {
    expect(lastAnswer(['What is in my cart?'], cart)).toMatch(/2 of the Chalk Mug and one Jade Sencha/)
    expect(lastAnswer(['What is in my cart?'], cart)).toContain('65 euros 50')
    expect(lastAnswer(['What is in my cart?'], [])).toContain('empty')
    expect(lastAnswer(['What is in my cart?'])).toContain('not told me')
  })

  describe('with the tools of a shop', () => {
    const tools = new Set(['addToCart', 'removeFromCart'])
    const actionOf = (text: string, history: Turn[] = []) =>
      answer({ text, cart: null, history, tools }).action

    it.each([
      ['Add two Jade Sencha to my cart', 'addToCart', { id: 'jade-sencha', quantity: 2 }],
      ['please put the chalk mug in the basket', 'addToCart', { id: 'chalk-mug', quantity: 1 }],
      ['Add 12 of the ember cups', 'addToCart', { id: 'ember-cup', quantity: 12 }],
      ['Remove the Chalk Mug from my cart', 'removeFromCart', { id: 'chalk-mug' }],
    ])('treats %j as a change of the cart', (text, tool, given) => {
      expect(actionOf(text)).toMatchObject({ tool, arguments: given })
    })

    it('knows what "it" is, and asks when nothing was named', () => {
      expect(
        actionOf('Add it to my cart', [{ role: 'user', text: 'How much is the River Kyusu?' }]),
      ).toMatchObject({
        arguments: { id: 'river-kyusu' },
      })
      const { action, sentences } = answer({ text: 'Add one to my cart', cart: null, history: [], tools })
      expect(action).toBeNull()
      expect(sentences.join(' ')).toMatch(/which one|its name/)
    })

    it('says what the outcome was', () => {
      const adding = actionOf('Add two Jade Sencha to my cart')
      expect(adding?.report({ quantity: 2 }).join(' ')).toBe('2 of the Jade Sencha, done. Anything else?')
      expect(adding?.report({ quantity: 5 }).join(' ')).toContain('You have 5 of them in your cart now.')
      expect(actionOf('Remove the Chalk Mug')?.report({ removed: 0 })).toEqual([
        'There is no Chalk Mug in your cart.',
      ])
    })

    it('does not touch the cart of a client that offers no tools', () => {
      expect(lastAnswer(['Add two Jade Sencha to my cart'])).toMatch(/cannot reach|only listens/)
    })
  })

  it('gives a long answer to "tell me everything"', () => {
    expect(converse(['Tell me about the shop'])[0]?.sentences.length).toBe(8)
    expect(converse(['Tell me everything'])[0]?.sentences.length).toBe(8)
  })

  it('says what it can do when it does not understand', () => {
    expect(lastAnswer(['Xyzzy'])).toMatch(/teas and pottery/)
  })

  it('answers speech honestly with its length and never the same twice in a row', () => {
    const history: Turn[] = []
    for (let turn = 0; turn < 12; turn++) {
      const text = toSpeech(2.34, history).join(' ')
      expect(text).toContain('2.3 seconds')
      expect(text).not.toBe(history.at(-1)?.text)
      history.push({ role: 'user', text: '' }, { role: 'assistant', text })
    }
  })

  it('continues an interrupted answer and announces it once', () => {
    expect(goOn(['We ship.', 'Fast.'], true)).toEqual(['As I was saying: We ship.', 'Fast.'])
    expect(goOn(['As I was saying: We ship.'], true)).toEqual(['As I was saying: We ship.'])
    expect(goOn(['We ship.'], false)).toEqual(['We ship.'])
  })
})
