import type { Message } from '../../../../store/index.js'

/** A line of text, and what surrounds a message, in `em` of the assistant's own type: see `styles/`. */
const LINE = 1.55
const AROUND = 1.1
const BUBBLE = 1.2
/** In a panel of a usual width. */
const CHARACTERS_PER_LINE = 62

const known = new WeakMap<readonly Message[], number>()

/**
 * About how high messages will be, in `em`: for the scroll bar, until they are there. The reader's place is
 * kept when it turns out otherwise.
 */
export function estimateHeight(messages: readonly Message[]): number {
  let height = known.get(messages)
  if (height === undefined) {
    height = 0
    for (const { text, role } of messages) {
      const lines = Math.max(1, Math.ceil(text.length / CHARACTERS_PER_LINE))
      height += lines * LINE + AROUND + (role === 'user' ? BUBBLE : 0)
    }
    known.set(messages, height)
  }
  return height
}
