import { catalogue } from '../catalogue.js'
import type { CartItem, Topic } from './answer.js'
import { cartChangeTopic } from './cart-changes.js'
import { spokenList, spokenPrice } from './money.js'

const freeShippingFrom = 5000

/** Content and sum of the cart that the client sent. */
export const cartTopics: readonly Topic[] = [
  {
    name: 'cart',
    matches: ({ said }) =>
      /\b(cart|basket|bag|my total|total|checkout sum)\b/.test(said) && !/\b(put|add|remove)\b/.test(said),
    ways: ({ cart }) => {
      if (cart === null) return untold
      const items = cart.filter(({ quantity }) => quantity > 0)
      return items.length === 0 ? empty : filled(items)
    },
  },
  cartChangeTopic,
]

const untold = [
  [
    'The shop has not told me about your cart yet.',
    'Put something in it and ask me again, then I can read it to you.',
  ],
  [
    'I know nothing of your cart so far.',
    'As soon as something goes into it I will hear of it, and I can add it up for you.',
  ],
]

const empty = [
  ['Your cart is still empty.', 'May I suggest the Chalk Mug, or a bag of Jade Sencha to begin with?'],
  [
    'There is nothing in your cart right now.',
    'Tell me what you like to drink, and I will recommend something.',
  ],
]

function filled(items: readonly CartItem[]): string[][] {
  const lines = items.map(({ id, name, quantity }) => {
    const product = catalogue.find((candidate) => candidate.id === id)
    return { quantity, name: product?.name ?? name ?? 'something I do not know', price: product?.price ?? 0 }
  })
  const total = lines.reduce((sum, { price, quantity }) => sum + price * quantity, 0)
  const pieces = lines.reduce((sum, { quantity }) => sum + quantity, 0)
  const list = spokenList(
    lines.map(({ name, quantity }) => `${quantity === 1 ? 'one' : `${quantity} of the`} ${name}`),
  )
  const shipping =
    total >= freeShippingFrom
      ? 'Shipping is free for an order like this.'
      : `Another ${spokenPrice(freeShippingFrom - total)} would make the shipping free.`
  const sum = spokenPrice(total)
  return [
    [`Your cart holds ${list}.`, `Together that comes to ${sum}.`, shipping],
    [
      `I see ${pieces === 1 ? 'one piece' : `${pieces} pieces`} in your cart: ${list}.`,
      `The total is ${sum}.`,
      shipping,
    ],
    [`Right now it is ${list}.`, `You would pay ${sum} for it.`, shipping],
  ]
}
