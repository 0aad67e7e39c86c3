import { UNTIL_ENCRYPTED, UNTIL_REST } from './cases.js'
import type { Op } from './subject.js'

/**
 * Parses a comma-separated list of ops, each with its kind and tab: `begin 0, say 0 #7, delete 1, save 0 +2`. `#` sets the number (0 by
 * default). An op waits for rest, for the number of events after `+`, or with `+c` for the ciphers.
 *
 * @throws Error if the text has another form
 */
export function parseOps<Kind extends string>(text: string): (Op & { kind: Kind })[] {
  return text.split(',').map((each) => {
    const [, kind, tab, n = '0', gap] = /^(\w+) (\d)(?: #(\d+))?(?: \+(\d+|c))?$/.exec(each.trim()) ?? []
    if (kind === undefined) throw new Error(`An op must be like "say 0 #7 +2"; got "${each.trim()}".`)
    const events = gap === undefined ? UNTIL_REST : gap === 'c' ? UNTIL_ENCRYPTED : Number(gap)
    return { kind: kind as Kind, tab: Number(tab), n: Number(n), gap: events }
  })
}

/** Formats ops for {@link parseOps}. */
export function formatOps(ops: readonly Op[]): string {
  return ops
    .map(({ kind, tab, n, gap }) => {
      const wait = gap === UNTIL_REST ? '' : gap === UNTIL_ENCRYPTED ? ' +c' : ` +${gap}`
      return `${kind} ${tab}${n === 0 ? '' : ` #${n}`}${wait}`
    })
    .join(', ')
}
