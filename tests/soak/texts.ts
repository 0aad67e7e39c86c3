import { randomOf } from './random.js'

const words =
  'tea water kettle leaf steep warm cup oolong assam first second never always morning 茶 thé grün 🫖 and the of with'.split(
    ' ',
  )

/** The words of message `n`, which depend only on the seed and the position in the conversation. */
export function wordsOf(seed: string, n: number): string[] {
  const random = randomOf(`${seed}/${n}`)
  const count = random.between(5, 40)
  return [`${n}:`, ...Array.from({ length: count }, () => words[random.between(0, words.length - 1)] ?? '')]
}

export const textOf = (seed: string, n: number): string => wordsOf(seed, n).join(' ')

/** The number at the start of a text, even if the text is cut off after it; null for any other text. */
export function numberOf(text: string): number | null {
  const found = /^(\d+):/.exec(text)
  return found ? Number(found[1]) : null
}
