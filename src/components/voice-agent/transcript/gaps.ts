import { createSelector } from '@reduxjs/toolkit'
import type { LostMessages, VoiceAgentState } from '../../../../store/index.js'

/** Messages that are missing in the transcript, for good. */
export interface Gap {
  /** Index of the first message after them, as `firstLoadedIndex` counts: what is lost is counted before all that is loaded. */
  before: number
  count: number
}

/** Where lost messages are missing between loaded ones. Those at one place are one gap. */
export function gapsOf(lost: readonly LostMessages[]): Gap[] {
  const total = lost.reduce((sum, { count }) => sum + count, 0)
  const gaps: Gap[] = []
  let passed = 0
  for (const { from, count } of lost.toSorted((a, b) => a.from - b.from)) {
    const before = from - passed + total
    const last = gaps.at(-1)
    if (last?.before === before) last.count += count
    else gaps.push({ before, count })
    passed += count
  }
  return gaps
}

export const selectGaps = createSelector([({ session }: VoiceAgentState) => session.restore.lost], gapsOf)
