import * as fc from 'fast-check'
import type { Op } from './check.js'

/** Gap of an op that waits until nothing is under way. */
export const UNTIL_REST = 20
/** Gap of an op that waits for the ciphers only: everything is encrypted, and nothing of it has reached the disk. */
export const UNTIL_ENCRYPTED = 21

interface CaseOptions<Kind extends string> {
  /** Kinds of op that every case has. */
  always: readonly Kind[]
  /** Ops that are in each other's way. A case has those of a few themes: with all themes together, few ops would have an effect. */
  themes: Readonly<Record<string, readonly Kind[]>>
  /** How often a kind comes; 2 if it is not named. */
  weights: Partial<Record<Kind, number>>
  tabs: number
  maxLength: number
  maxN: number
  /** Ops that cases begin with, because little can happen before them. One of these lists is chosen for each case. */
  openings: readonly (readonly Kind[])[]
}

interface Draft<Kind extends string> extends Op {
  kind: Kind
  isJoined: boolean
  isElsewhere: boolean
  isSameTab: boolean
}

/** Factors by which the weights of a case differ from the usual ones: many faults need two kinds often, and others hardly ever. */
const factors = [0.02, 1, 1, 4]

/** How a case waits between ops: weights of coming to rest, of a few events, of any number of them, and of ciphers. */
const paces = [
  [1, 1, 1, 1],
  [4, 2, 1, 1],
  [1, 6, 1, 1],
  [1, 3, 0, 4],
] as const

/** Random cases: ops of a few themes. Each case has its own weights, pace, and density of meetings and of ops in a row in one tab. */
export function casesOf<Kind extends string>({
  always,
  themes,
  weights,
  tabs,
  maxLength,
  maxN,
  openings,
}: CaseOptions<Kind>): fc.Arbitrary<(Op & { kind: Kind })[]> {
  return fc
    .record({
      chosen: fc.subarray(Object.keys(themes), { minLength: 1, maxLength: 2 }),
      // Mostly two: with more of them, fewer ops meet.
      tabCount: fc.constantFrom(1, 2, 2, 2, tabs),
      factorOf: fc.array(fc.constantFrom(...factors), { minLength: 40, maxLength: 40 }),
      pace: fc.constantFrom(...paces),
      meetings: fc.constantFrom(0, 2, 4),
      opening: fc.constantFrom(...openings),
      rows: fc.constantFrom(0, 2, 4),
    })
    .chain(({ chosen, tabCount, factorOf, pace: [rest, few, any, ciphers], meetings, opening, rows }) => {
      const kinds = [...new Set([...always, ...chosen.flatMap((theme) => themes[theme] ?? [])])]
      const kind = fc.oneof(
        ...kinds.map((each, index) => ({
          weight: Math.ceil(
            10 * (weights[each] ?? 2) * Math.max(factorOf[index] ?? 1, always.includes(each) ? 0.3 : 0),
          ),
          arbitrary: fc.constant(each),
        })),
      )
      const draft: fc.Arbitrary<Draft<Kind>> = fc.record({
        kind,
        tab: fc.nat(tabCount - 1),
        n: fc.nat(maxN),
        gap: fc.oneof(
          { weight: rest, arbitrary: fc.constant(UNTIL_REST) },
          { weight: few, arbitrary: fc.nat(5) },
          { weight: any, arbitrary: fc.nat(UNTIL_REST) },
          { weight: ciphers, arbitrary: fc.constant(UNTIL_ENCRYPTED) },
        ),
        isJoined: fc.nat(5).map((number) => number < meetings),
        isElsewhere: fc.boolean(),
        isSameTab: fc.nat(4).map((number) => number < rows),
      })
      const first = opening.map((each) => ({ kind: each, tab: 0, n: 1, gap: UNTIL_REST }))
      return fc
        .array(draft, { minLength: 4, maxLength, size: 'max' })
        .map((drafts) => [...first, ...joinOps(drafts, tabCount)])
    })
}

/** Some ops follow immediately on the one before, and are about the same session, half of them in another tab. Others are in its tab. */
function joinOps<Kind extends string>(
  drafts: readonly Draft<Kind>[],
  tabCount: number,
): (Op & { kind: Kind })[] {
  let last = { tab: 0, n: 0 }
  return drafts.map(({ isJoined, isElsewhere, isSameTab, ...draft }) => {
    const other = (last.tab + 1 + (draft.tab % Math.max(1, tabCount - 1))) % tabCount
    const gap = isJoined && draft.gap !== UNTIL_ENCRYPTED ? draft.gap % 4 : draft.gap
    const tab = isJoined && isElsewhere ? other : isSameTab ? last.tab : draft.tab
    const op = { ...draft, tab, gap, n: isJoined ? last.n : draft.n }
    last = op
    return op
  })
}
