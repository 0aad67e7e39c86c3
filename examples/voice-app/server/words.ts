/** How far a sentence has been spoken. */
export interface SpokenProgress {
  accumulated: string
  remaining: string
  /** Where in the sentence's sound the last accumulated word ends, 0 to 1. */
  endsAt: number
}

/** One step per word; a word's share of the sound is its share of the characters. */
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
