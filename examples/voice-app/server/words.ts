/** Progress within a spoken sentence. */
export interface SpokenProgress {
  accumulated: string
  remaining: string
  /** Position of the end of the last accumulated word in the sound, from 0 to 1. */
  endsAt: number
}

/** Splits a sentence into one step per word. The time of a word is proportional to its characters. */
export function progressByWord(sentence: string): SpokenProgress[] {
  const words = [...sentence.matchAll(/\S+/g)]
  return words.map((word) => {
    const end = word.index + word[0].length
    return {
      accumulated: sentence.slice(0, end).trim(),
      remaining: sentence.slice(end).trim(),
      endsAt: sentence.length === 0 ? 1 : end / sentence.length,
    }
  })
}
