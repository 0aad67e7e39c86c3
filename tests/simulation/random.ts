/** Creates a seeded generator of numbers in [0, 1) (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Draws from a sequence of random numbers. */
export class Dice {
  readonly #random: () => number

  constructor(seed: number) {
    this.#random = createRandom(seed)
  }

  /** Returns an integer in [0, end). */
  below(end: number): number {
    return Math.floor(this.#random() * end)
  }

  /** Returns a seed for another generator. */
  seed(): number {
    return this.below(2 ** 31)
  }

  chance(probability: number): boolean {
    return this.#random() < probability
  }

  pick<T>(from: readonly [T, ...(readonly T[])]): T
  pick<T>(from: readonly T[]): T | undefined
  pick<T>(from: readonly T[]): T | undefined {
    return from[this.below(from.length)]
  }

  /** Picks `count` items, or all if there are fewer. */
  some<T>(from: readonly T[], count: number): T[] {
    const left = [...from]
    const chosen: T[] = []
    while (chosen.length < count && left.length > 0) chosen.push(...left.splice(this.below(left.length), 1))
    return chosen
  }

  /** Picks one item with a probability proportional to its weight. */
  weigh<T>(from: ReadonlyMap<T, number>): T | undefined {
    let left = this.#random() * [...from.values()].reduce((sum, weight) => sum + weight, 0)
    for (const [each, weight] of from) {
      left -= weight
      if (left < 0) return each
    }
    return undefined
  }
}
