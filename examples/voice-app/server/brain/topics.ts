import type { Topic } from './answer.js'
import { cartTopics } from './cart.js'
import { checkoutTopic } from './checkout.js'
import { fallback, greeting, manners } from './manners.js'
import { memoryTopics } from './memory.js'
import { practicalTopics } from './practical.js'
import { productTopics } from './products.js'

/** Topics in order of precedence; the last one matches every question. */
export const topics: readonly Topic[] = [
  ...memoryTopics,
  checkoutTopic,
  ...cartTopics,
  ...practicalTopics,
  ...productTopics,
  ...manners,
  greeting,
  fallback,
]
