import { downIcon, Icon, upIcon } from '../parts/icons.js'
import { usePanelView } from './view.js'

/** One unit of width is a second. */
const PLOT_WIDTH = 120
const PLOT_HEIGHT = 32
/** A line is interrupted if there is no sample for this long. */
const GAP_AFTER_MS = 2_500

interface PlotPoint {
  at: number
  value: number | null
}

/** Draws lines through the points, with the newest at the right edge and gaps without measurements. A single point becomes a dot. */
export function toPath(points: readonly PlotPoint[], highest: number): string {
  const newest = points.at(-1)?.at ?? 0
  let path = ''
  let lastAt: number | null = null
  for (const { at, value } of points) {
    if (value === null) {
      lastAt = null
      continue
    }
    const x = (PLOT_WIDTH - (newest - at) / 1000).toFixed(1)
    const y = (PLOT_HEIGHT - (Math.min(value, highest) / highest) * PLOT_HEIGHT).toFixed(1)
    path += lastAt !== null && at - lastAt <= GAP_AFTER_MS ? `L${x} ${y}` : `M${x} ${y}h0`
    lastAt = at
  }
  return path
}

/** Rounds up to the end of a scale: a multiple of a power of ten that is easy to read. */
export function scaleEnd(highest: number, atLeast: number): number {
  const required = Math.max(highest, atLeast)
  const power = 10 ** Math.floor(Math.log10(required))
  return power * ([1, 2, 3, 4, 5, 6, 8, 10].find((step) => power * step >= required) ?? 10)
}

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
          viewBox={`0 -1 ${PLOT_WIDTH} ${PLOT_HEIGHT + 2}`}
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
