import { createRandom } from '../simulation/random.js'

/** Seeded random numbers: the same seed always yields the same numbers. */
export interface Random {
  /** Returns a number in [0, 1). */
  fraction(): number
  /** Returns an integer from `from` to `to`, both included. */
  between(from: number, to: number): number
  pick<T>(choices: readonly [T, ...T[]]): T
}

/** FNV-1a, to 32 bits. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}

export function randomOf(seed: string): Random {
  const fraction = createRandom(hashOf(seed))
  const between = (from: number, to: number) => from + Math.floor(fraction() * (to - from + 1))
  return { fraction, between, pick: (choices) => choices[between(0, choices.length - 1)] ?? choices[0] }
}
