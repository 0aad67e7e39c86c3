import type { Message } from '../../../../store/index.js'

/** Heights of a line, the space around a message and the padding of a bubble, in `em`; see `styles/`. */
const LINE = 1.55
const AROUND = 1.1
const BUBBLE = 1.2
/** Estimate for a panel of common width. */
const CHARACTERS_PER_LINE = 62

const heightCache = new WeakMap<readonly Message[], number>()

/**
 * Estimates the height of messages in `em`, for the scroll bar before they are rendered. If the estimate is wrong, the scroll anchor
 * keeps the user's place.
 */
export function estimateHeight(messages: readonly Message[]): number {
  let height = heightCache.get(messages)
  if (height === undefined) {
    height = 0
    for (const { text, role } of messages) {
      const lines = Math.max(1, Math.ceil(text.length / CHARACTERS_PER_LINE))
      height += lines * LINE + AROUND + (role === 'user' ? BUBBLE : 0)
    }
    heightCache.set(messages, height)
  }
  return height
}
