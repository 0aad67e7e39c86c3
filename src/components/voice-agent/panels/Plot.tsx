import { Icon } from '../parts/Icon.js'
import { downIcon, upIcon } from '../parts/icons.js'
import { type PlotPoint, plotHeight, plotWidth, scaleEnd, toPath } from './plot-path.js'
import { usePanelView } from './view.js'

interface PlotProps {
  label: string
  /** One line, or one for received and one for sent values. The second is dashed. */
  lines: readonly (readonly PlotPoint[])[]
  /** Names of the lines, if there is more than one. */
  names?: readonly string[]
  format: (value: number) => string
  /** Minimum for the end of the scale, so that small values do not look large. */
  atLeast: number
}

const measuredValues = (points: readonly PlotPoint[]) => points.flatMap(({ value }) => value ?? [])

/** Direction of the sound: an arrow in the colour of the line, and a word for screen readers. */
function LineName({ name, isFirst }: { name: string | undefined; isFirst: boolean }) {
  return (
    <>
      <Icon drawing={isFirst ? downIcon : upIcon} />
      <span data-rva-part="plot-name">{name} </span>
    </>
  )
}

/** A figure and its values from the last two minutes, as a plot with a text description. */
export function Plot({ label, lines, names, format, atLeast }: PlotProps) {
  const { texts } = usePanelView()
  const values = lines.flatMap(measuredValues)
  const end = scaleEnd(Math.max(0, ...values), atLeast)
  const latestOf = (points: readonly PlotPoint[] | undefined) => {
    const value = points?.at(-1)?.value ?? null
    return value === null ? texts.unmeasured : format(value)
  }
  const describe = (points: readonly PlotPoint[], index: number) => {
    const all = measuredValues(points)
    const seconds = Math.round(((points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0)) / 1000)
    return texts.plot(names?.[index] ?? label, {
      lowest: format(Math.min(...all)),
      highest: format(Math.max(...all)),
      latest: latestOf(points),
      seconds,
    })
  }
  const words = lines.flatMap((points, index) =>
    measuredValues(points).length > 0 ? describe(points, index) : [],
  )

  return (
    <div data-rva-part="plot">
      <span data-rva-part="plot-label">{label}</span>
      <span data-rva-part="plot-values">
        {lines.map((points, index) => (
          <span key={names?.[index] ?? label} data-line={index} title={names?.[index]}>
            {names && <LineName name={names[index]} isFirst={index === 0} />}
            <bdi>{latestOf(points)}</bdi>
          </span>
        ))}
      </span>
      <span data-rva-part="plot-area">
        <span data-rva-part="plot-end" aria-hidden="true">
          <bdi>{format(end)}</bdi>
        </span>
        <svg
          viewBox={`0 -1 ${plotWidth} ${plotHeight + 2}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={words.length > 0 ? words.join('. ') : `${label}: ${texts.unmeasured}`}
        >
          {lines.map((points, index) => (
            <path
              key={names?.[index] ?? label}
              data-line={index}
              d={toPath(points, end)}
              fill="none"
              vectorEffect="non-scaling-stroke"
            />
          ))}
        </svg>
      </span>
    </div>
  )
}
