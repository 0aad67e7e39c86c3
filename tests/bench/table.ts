import type { Report, Row, SaveCost } from './types.js'

const ms = (value: number) =>
  value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(2)
const kb = (bytes: number) => (bytes / 1_000).toFixed(1)
const count = (value: number) => value.toLocaleString('en')

function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  )
  const line = (cells: string[]) =>
    `| ${cells.map((cell, column) => (column ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join(' | ')} |`
  const rule = widths.map((width, column) => (column ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}

const costOf = ({ blockedMsPerSave, reducerMsPerSave, bytesPerSave, saves }: SaveCost) => [
  ms(blockedMsPerSave),
  ms(reducerMsPerSave),
  kb(bytesPerSave),
  count(saves),
]
const costHead = ['blocked ms/save', 'reducers ms', 'kB/save', 'saves']

/** Printed as soon as a row is done, so that a long run shows progress. */
export const rowLine = (row: Row) =>
  `${row.engine}, ${count(row.messages)} messages: ${ms(row.blockedMsPerSave)} ms and ${kb(row.bytesPerSave)} kB a save; ` +
  `newest ${ms(row.newestMs)} ms, all ${ms(row.allMs)} ms`

/** The report as three tables, in Markdown. */
export function tablesOf({ rows, leastSave, newestLoaded, streaming }: Report): string {
  return [
    table(
      ['engine', 'messages', ...costHead, 'newest ms', 'all ms'],
      [
        ...rows.map((row) => [
          row.engine,
          count(row.messages),
          ...costOf(row),
          ms(row.newestMs),
          ms(row.allMs),
        ]),
        ...(leastSave ? [['least', '', ...costOf(leastSave), '', '']] : []),
      ],
    ),
    'redux-voice-agent with only the newest messages loaded:',
    table(
      ['messages', 'loaded', ...costHead],
      newestLoaded.map((row) => [count(row.messages), count(row.loaded), ...costOf(row)]),
    ),
    'Streaming:',
    table(
      ['mode', 'messages', 'seconds', 'deltas', 'main thread ms', 'share %', 'long tasks', 'writes', 'kB'],
      streaming.map((row) => [
        row.mode,
        count(row.messages),
        String(row.seconds),
        count(row.deltas),
        ms(row.mainThreadMs),
        (row.share * 100).toFixed(2),
        String(row.longTasks.length),
        String(row.writes),
        kb(row.bytes),
      ]),
    ),
  ].join('\n\n')
}
