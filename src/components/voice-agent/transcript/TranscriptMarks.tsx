import { createSelector } from '@reduxjs/toolkit'
import { memo } from 'react'
import type { LostMessages, VoiceAgentState } from '../../../../store/index.js'
import { getTimeFormat } from '../format/times.js'
import { gapIcon, Icon, upIcon } from '../parts/icons.js'
import { useAssistantView, useViewState } from '../parts/view-context.js'
import { selectRestore } from '../selectors.js'

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

/** Marks the beginning of a day. */
export const DayBreak = memo(function DayBreak({ at, today }: { at: number; today: number }) {
  const { texts } = useAssistantView()
  return (
    <p data-rva-part="day">
      <time dateTime={toLocalDate(at)}>{getTimeFormat(texts.locale).day(at, today)}</time>
    </p>
  )
})

/** Marks the place of messages that can't be read. */
export const GapMark = memo(function GapMark({ count }: { count: number }) {
  const { texts } = useAssistantView()
  return (
    <p data-rva-part="gap" role="note">
      <Icon drawing={gapIcon} />
      {texts.gap(count)}
    </p>
  )
})

/** Formats the date in the browser's time zone, which can differ from the date in UTC. */
function toLocalDate(at: number): string {
  const date = new Date(at)
  const pad = (part: number, length = 2) => String(part).padStart(length, '0')
  return `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
}

const selectIsCallOff = ({ connection }: VoiceAgentState) =>
  connection.status === 'idle' || connection.status === 'disconnected'

/** Marks the end of the restored messages and says if the agent remembers them. */
export const RestoredMark = memo(function RestoredMark() {
  const { texts } = useAssistantView()
  const { agent } = useViewState(selectRestore)
  const isCallOff = useViewState(selectIsCallOff)
  const continuation = agent === 'none' ? (isCallOff ? texts.continuePrompt : '') : texts.continuation[agent]
  return (
    <div data-rva-part="restored" role="note">
      <p data-rva-part="divider">
        <Icon drawing={upIcon} />
        {texts.earlier}
      </p>
      <p data-rva-part="restored-text">
        <strong>{texts.restored}.</strong> {continuation}
      </p>
    </div>
  )
})
