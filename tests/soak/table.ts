import type { Round } from './soak.js'

/** One line per finished round. */
export function roundLine({
  number,
  leaving,
  afterMs,
  isCached,
  verdict,
  complaints,
  restoreMs,
}: Round): string {
  const found = verdict
    ? `${verdict.messages} messages, finals lost ${verdict.lost.length}, text lost ${verdict.lostText?.ageMs ?? '-'} ms`
    : 'nothing'
  const where = isCached ? 'page cache' : `${restoreMs.toFixed(0)} ms`
  return `${number} ${leaving} after ${afterMs} ms: ${found} (${where}) ${complaints.join('; ')}`
}

export function tableOf(rounds: readonly Round[]): string {
  const kinds = [...new Set(rounds.map(({ leaving, isCached }) => nameOf(leaving, isCached)))].sort()
  const head = [
    'how the page unloaded',
    'times',
    'while streaming',
    'finals lost',
    'times text was lost',
    'oldest lost ms',
    'faults',
  ]
  const rows = kinds.map((kind) => {
    const own = rounds.filter(({ leaving, isCached }) => nameOf(leaving, isCached) === kind)
    const verdicts = own.flatMap(({ verdict }) => verdict ?? [])
    const texts = verdicts.flatMap(({ lostText }) => lostText ?? [])
    const ages = [
      ...texts.map(({ ageMs }) => ageMs),
      ...verdicts.flatMap(({ lost }) => lost.map(({ ageMs }) => ageMs)),
    ]
    return [
      kind,
      own.length,
      texts.length,
      verdicts.reduce((sum, { lost }) => sum + lost.length, 0),
      texts.filter(({ characters }) => characters > 0).length,
      Math.max(0, ...ages),
      own.filter(({ complaints }) => complaints.length > 0).length,
    ]
  })
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, column) => (column ? '--:' : '---'))), ...rows.map(line)].join('\n')
}

const nameOf = (leaving: string, isCached: boolean) => (isCached ? `${leaving} (page cache)` : leaving)
