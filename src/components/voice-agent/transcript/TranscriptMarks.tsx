import { memo } from 'react'
import { timeFormatOf } from '../format/times.js'
import { Icon } from '../parts/Icon.js'
import { gapIcon } from '../parts/icons.js'
import { useAssistantView } from '../parts/view-context.js'

/** Where another day begins. */
export const DayBreak = memo(function DayBreak({ at, today }: { at: number; today: number }) {
  const { texts } = useAssistantView()
  return (
    <p data-rva-part="day">
      <time dateTime={localDate(at)}>{timeFormatOf(texts.locale).day(at, today)}</time>
    </p>
  )
})

/** Where messages are missing that can't be read any more. */
export const GapMark = memo(function GapMark({ count }: { count: number }) {
  const { texts } = useAssistantView()
  return (
    <p data-rva-part="gap" role="note">
      <Icon of={gapIcon} />
      {texts.gap(count)}
    </p>
  )
})

/** The date in the browser's time zone: that of UTC may be another. */
function localDate(at: number): string {
  const date = new Date(at)
  const pad = (part: number, length = 2) => String(part).padStart(length, '0')
  return `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
}
