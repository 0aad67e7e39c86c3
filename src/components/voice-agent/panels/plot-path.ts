/** Seconds that a plot is wide, and its height, in its own units. */
export const plotWidth = 120
export const plotHeight = 32
/** Milliseconds without a sample after which a line breaks off. */
const gapAfterMs = 2_500

export interface PlotPoint {
  at: number
  value: number | null
}

/** Lines through the points, the newest at the right edge; broken where nobody measured. A point alone is a dot of round caps. */
export function pathOf(points: readonly PlotPoint[], highest: number): string {
  const newest = points.at(-1)?.at ?? 0
  let path = ''
  let last: number | null = null
  for (const { at, value } of points) {
    if (value === null) {
      last = null
      continue
    }
    const x = (plotWidth - (newest - at) / 1000).toFixed(1)
    const y = (plotHeight - (Math.min(value, highest) / highest) * plotHeight).toFixed(1)
    path += last !== null && at - last <= gapAfterMs ? `L${x} ${y}` : `M${x} ${y}h0`
    last = at
  }
  return path
}

/** The end of a scale: the least multiple of a power of ten that is high enough and easy to read. */
export function scaleEnd(highest: number, atLeast: number): number {
  const wanted = Math.max(highest, atLeast)
  const power = 10 ** Math.floor(Math.log10(wanted))
  return power * ([1, 2, 3, 4, 5, 6, 8, 10].find((step) => power * step >= wanted) ?? 10)
}
