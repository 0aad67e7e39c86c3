import type { Product } from '../catalogue.js'
import type { CartAction, Topic, Understood } from './answer.js'
import { spokenList } from './money.js'

const wants = /\b(put|add|remove|take out|take away|delete)\b/
const takesOut = /\b(remove|take out|take away|delete)\b/

const numbers: Readonly<Record<string, number>> = {
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  ten: 10,
  twelve: 12,
}

/** Reads a quantity such as "two" or "3". "A pair of" is not one, because it is part of a product's name. */
function quantityIn(said: string): number {
  const word = said.match(/\b(\d{1,3}|one|two|three|four|five|six|ten|twelve)\b/)?.[1]
  return word === undefined ? 1 : (numbers[word] ?? Number(word))
}

/** Changes the cart with the shop's tools. Without tools, the agent explains that only the user can change it. */
export const cartChangeTopic: Topic = {
  name: 'cart-change',
  matches: ({ said, products }) =>
    wants.test(said) && (products.length > 0 || /\b(cart|basket|bag|it|one|two)\b/.test(said)),
  action: (question) => {
    const [product] = question.products
    const tool = takesOut.test(question.said) ? 'removeFromCart' : 'addToCart'
    if (!product || !question.tools.has(tool)) return null
    return tool === 'addToCart' ? adding(product, question) : removing(product)
  },
  ways: ({ tools, products }) => (tools.has('addToCart') && products.length === 0 ? whichOne : notMine),
}

function adding({ id, name }: Product, { said }: Understood): CartAction {
  const quantity = quantityIn(said)
  return {
    tool: 'addToCart',
    arguments: { id, quantity },
    report: (result) => {
      const told = numberIn(result, 'quantity')
      const inCart = told === null || told === quantity ? '' : `You have ${told} of them in your cart now.`
      const done =
        quantity === 1 ? `I have put the ${name} into your cart.` : `${quantity} of the ${name}, done.`
      return [done, ...(inCart === '' ? [] : [inCart]), 'Anything else?']
    },
  }
}

function removing({ id, name }: Product): CartAction {
  return {
    tool: 'removeFromCart',
    arguments: { id },
    report: (result) =>
      numberIn(result, 'removed') === 0
        ? [`There is no ${name} in your cart.`]
        : [`The ${name} is out of your cart again.`, 'Is there something you would like instead?'],
  }
}

function numberIn(result: unknown, key: string): number | null {
  const value = typeof result === 'object' && result !== null ? Reflect.get(result, key) : null
  return typeof value === 'number' ? value : null
}

/** Answer for a tool that failed. */
export const refused = (reason: string) => [
  'It did not work.',
  `The shop says: ${reason.replace(/\.$/, '')}.`,
  'You can still use the buttons beside the product.',
]

/** Answer for a tool that did not respond. */
export const unanswered = ['The shop did not answer me.', 'Please use the buttons beside the product.']

const whichOne = [
  ['With pleasure, but which one?', `I know ${spokenList(['every tea', 'cup', 'pot'])} by name.`],
  ['Tell me its name, and I will see to it.', 'The Jade Sencha, for example.'],
]

const notMine = [
  [
    'I cannot reach into your cart, that stays in your hands.',
    'Press the add to cart button next to a product, and I will see it right away.',
    'Ask me then what is in your cart, and I tell you the total.',
  ],
  [
    'Your cart only listens to you.',
    'Use the buttons beside each product to put things in or take them out.',
    'I follow along and know the sum whenever you ask.',
  ],
]
