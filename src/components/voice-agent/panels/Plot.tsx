import { Icon } from '../parts/Icon.js'
import { downIcon, upIcon } from '../parts/icons.js'
import { type PlotPoint, pathOf, plotHeight, plotWidth, scaleEnd } from './plot-path.js'
import { usePanelView } from './view.js'

interface PlotProps {
  label: string
  /** What came, and what was sent, which is dashed. */
  lines: readonly (readonly PlotPoint[])[]
  /** Names of the lines, where there is more than one. */
  names?: readonly string[]
  format: (value: number) => string
  /** The scale ends there at least: what is small is not to look big. */
  atLeast: number
}

const known = (points: readonly PlotPoint[]) => points.flatMap(({ value }) => value ?? [])

/** Which way the sound went: an arrow for the eyes, in the colour of the line, and a word. */
function LineName({ name, isFirst }: { name: string | undefined; isFirst: boolean }) {
  return (
    <>
      <Icon of={isFirst ? downIcon : upIcon} />
      <span data-rva-part="plot-name">{name} </span>
    </>
  )
}

/** A figure, and how it has been in the last two minutes: to look at, and in words. */
export function Plot({ label, lines, names, format, atLeast }: PlotProps) {
  const { texts } = usePanelView()
  const values = lines.flatMap(known)
  const end = scaleEnd(Math.max(0, ...values), atLeast)
  const latestOf = (points: readonly PlotPoint[] | undefined) => {
    const value = points?.at(-1)?.value ?? null
    return value === null ? texts.unmeasured : format(value)
  }
  const describe = (points: readonly PlotPoint[], index: number) => {
    const all = known(points)
    const seconds = Math.round(((points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0)) / 1000)
    return texts.plot(names?.[index] ?? label, {
      lowest: format(Math.min(...all)),
      highest: format(Math.max(...all)),
      latest: latestOf(points),
      seconds,
    })
  }
  const words = lines.flatMap((points, index) => (known(points).length > 0 ? describe(points, index) : []))

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
              d={pathOf(points, end)}
              fill="none"
              vectorEffect="non-scaling-stroke"
            />
          ))}
        </svg>
      </span>
    </div>
  )
}
