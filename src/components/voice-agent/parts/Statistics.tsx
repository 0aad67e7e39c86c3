import { useId } from 'react'
import { type ConnectionQuality, connectionQualityOf } from '../../../../store/index.js'
import { definePart } from './Isolated.js'
import { panelCode } from './panel-code.js'
import { getPanelButtonProps, usePanels } from './panel-context.js'
import { type PartProps, useAssistantView, useViewState } from './view-context.js'

/** The statistics panel, while it is open. */
export const Statistics = definePart(function Statistics({ className }: PartProps) {
  const panel = usePanels().statistics
  const panels = panelCode.current()
  return panel.isOpen && panels ? <panels.StatisticsPanel panel={panel} className={className} /> : null
})

const bars: Record<ConnectionQuality | 'unknown', number> = {
  excellent: 4,
  good: 3,
  poor: 2,
  lost: 0,
  unknown: 4,
}

/** Shows the connection quality as bars and as its description. Opens the statistics. */
export const StatisticsButton = definePart(function StatisticsButton({ className }: PartProps) {
  const panel = usePanels().statistics
  const { texts } = useAssistantView()
  const quality = useViewState(connectionQualityOf)
  const id = useId()
  const description = quality ? texts.quality[quality] : ''
  return (
    <>
      <button
        type="button"
        ref={panel.trigger}
        {...getPanelButtonProps(panel)}
        data-rva-part="icon-button"
        className={className}
        data-quality={quality ?? 'unknown'}
        aria-label={texts.statistics}
        title={description === '' ? texts.statistics : `${texts.statistics}: ${description}`}
        aria-describedby={description === '' ? undefined : id}
      >
        <svg data-rva-part="icon" data-icon="signal" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
          {[0, 1, 2, 3].map((bar) => (
            <rect
              key={bar}
              x={3 + bar * 5}
              y={16 - bar * 4}
              width="3"
              height={4 + bar * 4}
              rx="1"
              fill="currentColor"
              data-lit={bar < bars[quality ?? 'unknown'] || undefined}
            />
          ))}
        </svg>
      </button>
      <span hidden id={id}>
        {description}
      </span>
    </>
  )
})
