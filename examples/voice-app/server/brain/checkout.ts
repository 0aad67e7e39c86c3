import type { Topic } from './answer.js'
import { spokenPrice } from './money.js'

const places = /\b(place|send|complete) (the |my |an? )?order\b|\bcheck out (for me|please|now)\b/

/** Places the order with the shop's tool, which asks the user for approval. */
export const checkoutTopic: Topic = {
  name: 'checkout',
  matches: ({ said, tools }) => places.test(said) && !/\bhow\b/.test(said) && tools.has('placeOrder'),
  action: ({ said }) => ({
    tool: 'placeOrder',
    arguments: { payment: /\bcard\b/.test(said) ? 'card' : 'invoice' },
    needsApproval: true,
    report(result) {
      const total = typeof result === 'object' && result !== null ? Reflect.get(result, 'total') : null
      const sum = typeof total === 'number' ? [`It comes to ${spokenPrice(total)}.`] : []
      return ['Your order is placed.', ...sum, 'You will find it in the list of your orders.']
    },
    refused: (reason) =>
      /declined/.test(reason)
        ? ['All right, I have ordered nothing.', 'Everything is still in your cart.']
        : ['I could not place the order.', `The shop says: ${reason.replace(/\.$/, '')}.`],
  }),
  ways: () => [],
}
