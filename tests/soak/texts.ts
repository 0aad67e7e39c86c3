import { randomOf } from './random.js'

const words =
  'tea water kettle leaf steep warm cup oolong assam first second never always morning 茶 thé grün 🫖 and the of with'.split(
    ' ',
  )

/** The words of message `n`: what is said depends on the seed and the place in the conversation alone. */
export function wordsOf(seed: string, n: number): string[] {
  const random = randomOf(`${seed}/${n}`)
  const count = random.between(5, 40)
  return [`${n}:`, ...Array.from({ length: count }, () => words[random.between(0, words.length - 1)] ?? '')]
}

export const textOf = (seed: string, n: number): string => wordsOf(seed, n).join(' ')

/** The number that a text begins with, whole or cut short after it; null for any other text. */
export function numberOf(text: string): number | null {
  const found = /^(\d+):/.exec(text)
  return found ? Number(found[1]) : null
}
