import { createSelector } from '@reduxjs/toolkit'
import type { LostMessages, VoiceAgentState } from '../../../../store/index.js'

/** Lost messages at one place in the transcript. */
export interface Gap {
  /** Index of the first message after the gap. As in `firstLoadedIndex`, all lost messages count as before the loaded ones. */
  before: number
  count: number
}

/** Computes the gaps between loaded messages. Losses at the same place form one gap. */
export function computeGaps(lost: readonly LostMessages[]): Gap[] {
  const total = lost.reduce((sum, { count }) => sum + count, 0)
  const gaps: Gap[] = []
  let lostBefore = 0
  for (const { from, count } of lost.toSorted((a, b) => a.from - b.from)) {
    const before = from - lostBefore + total
    const last = gaps.at(-1)
    if (last?.before === before) last.count += count
    else gaps.push({ before, count })
    lostBefore += count
  }
  return gaps
}

export const selectGaps = createSelector(
  [({ session }: VoiceAgentState) => session.restore.lost],
  computeGaps,
)
