/** One unit of width is a second. */
export const plotWidth = 120
export const plotHeight = 32
/** A line is interrupted if there is no sample for this long. */
const gapAfterMs = 2_500

export interface PlotPoint {
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
    const x = (plotWidth - (newest - at) / 1000).toFixed(1)
    const y = (plotHeight - (Math.min(value, highest) / highest) * plotHeight).toFixed(1)
    path += lastAt !== null && at - lastAt <= gapAfterMs ? `L${x} ${y}` : `M${x} ${y}h0`
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
