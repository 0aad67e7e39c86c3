/**
 * Draws the plots in `docs/performance.md` from the output of `npm run bench:call -- --json FILE`:
 * `node --import tsx tests/bench/call/plots.ts FILE`. Writes to `docs/images`.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Report, Result, StepRow } from './figures.js'

const width = 760
const labelWidth = 330
const rowHeight = 24
const top = 44

const escapeText = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

function svg(title: string, height: number, body: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${escapeText(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="8" y="20" font-size="14" font-weight="bold">${escapeText(title)}</text>`,
    ...body,
    '</svg>',
    '',
  ].join('\n')
}

const label = (name: string, y: number) =>
  `<text x="${labelWidth - 8}" y="${y + 4}" text-anchor="end">${escapeText(name)}</text>`

/** Draws ratios to the peer's client: the median, the range of the rounds, and the target. 1 is the peer's figure. */
function ratioPlot(results: readonly Result[], caption: string): string {
  const most = Math.max(1.5, ...results.map(({ maximum }) => Math.min(maximum, 2.5)))
  const x = (ratio: number) => labelWidth + (Math.min(ratio, most) / most) * (width - labelWidth - 60)
  const height = top + results.length * rowHeight + 28
  const one = `<line x1="${x(1)}" x2="${x(1)}" y1="${top - 12}" y2="${height - 28}" stroke="#888"/>`
  const rows = results.flatMap(({ name, median, minimum, maximum, wanted }, index) => {
    const y = top + index * rowHeight
    const colour = wanted !== undefined && median > wanted ? '#b3261e' : '#1b6e3c'
    return [
      label(name.replace(/, ms$/, ''), y),
      `<line x1="${x(minimum)}" x2="${x(maximum)}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="2"/>`,
      `<circle cx="${x(median)}" cy="${y}" r="5" fill="${colour}"/>`,
      ...(wanted === undefined
        ? []
        : [`<line x1="${x(wanted)}" x2="${x(wanted)}" y1="${y - 8}" y2="${y + 8}" stroke="#000"/>`]),
      `<text x="${width - 50}" y="${y + 4}">${median.toFixed(2)}</text>`,
    ]
  })
  const foot = `<text x="8" y="${height - 8}" fill="#555">${escapeText(caption)}</text>`
  return svg('Ours divided by theirs: below 1 is faster', height, [one, ...rows, foot])
}

/** Draws the steps of a click as bars over time. */
function stepPlot(title: string, steps: readonly StepRow[], caption: string): string {
  const end = Math.max(...steps.map(({ to }) => to))
  const x = (ms: number) => labelWidth + (ms / end) * (width - labelWidth - 90)
  const height = top + steps.length * rowHeight + 28
  const rows = steps.flatMap(({ name, from, to }, index) => {
    const y = top + index * rowHeight
    const length = Math.max(2, x(to) - x(from))
    return [
      label(name, y),
      `<rect x="${x(from)}" y="${y - 7}" width="${length}" height="14" fill="#2f5fa8"/>`,
      `<text x="${x(from) + length + 5}" y="${y + 4}">${from.toFixed(0)}–${to.toFixed(0)} ms</text>`,
    ]
  })
  const foot = `<text x="8" y="${height - 8}" fill="#555">${escapeText(caption)}</text>`
  return svg(title, height, [...rows, foot])
}

const [path] = process.argv.slice(2)
if (!path) throw new Error('Pass the file written by npm run bench:call -- --json FILE.')
const { browser, cores, date, rounds, results, steps } = JSON.parse(await readFile(path, 'utf8')) as Report
const folder = resolve(import.meta.dirname, '../../../docs/images')
await mkdir(folder, { recursive: true })
const caption = `Chromium ${browser}, ${cores} cores, ${date}, ${rounds} rounds in turns. Dot: median; line: range; tick: goal.`
const ratios = results.filter(({ name }) => !name.includes('% of a core') || name.includes('deltas'))
await writeFile(
  resolve(folder, 'call-ratios.svg'),
  ratioPlot(
    ratios.filter(({ name }) => !name.startsWith('restarted server')),
    caption,
  ),
)
for (const [who, title] of [
  ['ours', 'Steps of a warm click'],
  ['pipecat', "The same of Pipecat's client"],
] as const) {
  const rows = steps[`${who}: a warm click`]
  if (!rows) continue
  const plot = stepPlot(
    title,
    rows,
    `Chromium ${browser}, ${cores} cores, ${date}, medians of ${rounds} rounds`,
  )
  await writeFile(resolve(folder, `call-steps-${who}.svg`), plot)
}
