import type { Dice } from './random.js'
import type { Op } from './subject.js'

/** Gap of an op that waits until nothing is pending. */
export const UNTIL_REST = 20
/** Gap of an op that waits only for the ciphers: everything is encrypted, but nothing has reached the disk. */
export const UNTIL_ENCRYPTED = 21

/** How a case waits between ops: weights for waiting until rest, for a few events, for any number of events, and for the ciphers. */
const paces: readonly [Pace, ...Pace[]] = [
  [1, 1, 1, 1],
  [4, 2, 1, 1],
  [1, 6, 1, 1],
  [1, 3, 0, 4],
]
type Pace = readonly [rest: number, few: number, any: number, ciphers: number]

/** Factors applied to the weights of a long case: many faults need two kinds often and the others hardly ever. */
const factors = [0.02, 1, 1, 4] as const

/** Shares of meetings and of short cases. All others are long. */
const MEETING_SHARE = 0.4
const SHORT_SHARE = 0.25
/** Share of short cases that include a kind from another theme. */
const STRANGER_SHARE = 0.15
/** Chance that a short case includes a kind from `always`. */
const COMMON_SHARE = 0.6
/** Share of ops after a preparing op that use its tab. */
const PREPARED_SHARE = 0.75

type StepOf<Kind extends string> = Op & { kind: Kind }

export interface CaseSpace<Kind extends string> {
  /** Kinds that every long case includes. Short cases include some of them. */
  always: readonly Kind[]
  /** Ops that interfere with each other. A case uses one or two themes: with all of them, few ops would have an effect. */
  themes: Readonly<Record<string, readonly Kind[]>>
  /** How often a kind is drawn. @default 2 */
  weights: Partial<Record<Kind, number>>
  tabs: number
  maxLength: number
  maxN: number
  /** Ops that cases start with, because little can happen before them. Each case uses one of these lists. */
  openings: readonly (readonly Kind[])[]
  /** Ops that affect what happens next in their tab, for example a disk failure. The next op mostly uses the same tab. */
  preparing: readonly Kind[]
  /** Ops whose effect wears off over time, so the next op doesn't wait for rest. */
  passing: readonly Kind[]
  /** Ops that interrupt others. */
  interrupting: readonly Kind[]
  /** Ops that users repeat when something has failed. */
  repeating: readonly Kind[]
  /** Starting points of meetings: a situation, and ops that take a while in it. */
  meetings: readonly { opening: readonly StepOf<Kind>[]; starts: readonly Kind[] }[]
}

/** The common traits of a case's ops. */
interface Style<Kind extends string> {
  kinds: ReadonlyMap<Kind, number>
  tabs: number
  length: number
  pace: Pace
  /** Shares of ops that concern the session of the op before, and that use its tab. */
  meetings: number
  rows: number
  /** The `n` of all ops, so that they concern one session; null for any. */
  n: number | null
}

/** Draws a random case. */
export function drawCase<Kind extends string>(space: CaseSpace<Kind>, dice: Dice): StepOf<Kind>[] {
  if (dice.chance(MEETING_SHARE)) return drawMeeting(space, dice)
  const style = dice.chance(SHORT_SHARE / (1 - MEETING_SHARE))
    ? shortStyle(space, dice)
    : longStyle(space, dice)
  const opening = dice.pick(space.openings) ?? []
  const n = style.n ?? 1
  const ops: StepOf<Kind>[] = opening.map((kind) => ({ kind, tab: 0, n, gap: UNTIL_REST }))
  for (let count = 0; count < style.length; count++) ops.push(drawOp(space, style, ops.at(-1), dice))
  return ops
}

/** Numbers of events between two ops that meet. */
const meetingGaps = [0, 0, 1, 2, 3, 4, 6, 8, 11, 15, UNTIL_ENCRYPTED] as const

/**
 * Draws a meeting: an op that takes a while, and others before it finishes, on the same session, in the same tab or another.
 * Something may fail first. Then the user may retry, and more ops may follow. Most faults need no more than that.
 */
function drawMeeting<Kind extends string>(space: CaseSpace<Kind>, dice: Dice): StepOf<Kind>[] {
  const { meetings, themes, always, preparing, passing, interrupting, repeating } = space
  const { opening, starts } = dice.pick(meetings) ?? { opening: [], starts: always }
  const kinds = [...new Set([...always, ...Object.values(themes).flat()])]
  const n = dice.pick([0, 0, 0, 1, dice.below(space.maxN + 1)])
  const ops = opening.map((op) => ({ ...op, n: op.n + (dice.chance(0.2) ? n : 0) }))
  const tab = dice.chance(0.75) ? 0 : 1 % space.tabs
  const anyTab = () => dice.pick([tab, (tab + 1) % space.tabs])
  const add = (kind: Kind | undefined, of: number, gap: number) => {
    if (kind === undefined) return
    const isSoon = passing.includes(ops.at(-1)?.kind as Kind) && gap === UNTIL_REST
    ops.push({ kind, tab: of, n, gap: isSoon ? 0 : gap })
  }
  const near = () => dice.pick(meetingGaps)
  const isFailing = dice.chance(0.35)
  if (isFailing) add(dice.pick(preparing), tab, UNTIL_REST)
  add(dice.pick(starts), tab, dice.chance(0.7) ? UNTIL_REST : near())
  const next = () => dice.pick([starts, interrupting, interrupting, kinds] as const)
  if (!isFailing || dice.chance(0.5))
    for (let count = dice.pick([1, 1, 1, 2, 2, 3]); count > 0; count--)
      add(dice.pick(next()), anyTab(), near())
  if (isFailing && dice.chance(0.7)) add(dice.pick(repeating), tab, UNTIL_REST)
  for (let count = dice.below(3); count > 0; count--) add(dice.pick(next()), anyTab(), UNTIL_REST)
  return ops
}

/** A short case with a few kinds, so that the ops that a fault needs follow each other closely. */
function shortStyle<Kind extends string>(space: CaseSpace<Kind>, dice: Dice): Style<Kind> {
  const { always, themes } = space
  const own = dice.some(dice.pick(Object.values(themes)) ?? [], 1 + dice.below(3))
  const strangers = dice.chance(STRANGER_SHARE) ? dice.some(Object.values(themes).flat(), 1) : []
  const common = always.filter(() => dice.chance(COMMON_SHARE))
  return {
    // Rare kinds are as likely as others, because a short case has only a few kinds.
    kinds: new Map([
      ...common.map((kind) => [kind, 1] as const),
      ...[...own, ...strangers].map((kind) => [kind, 2] as const),
    ]),
    tabs: dice.pick([1, 2, 2, 2, Math.min(3, space.tabs)]),
    length: 3 + dice.below(9),
    pace: dice.pick(paces),
    meetings: dice.pick([0, 0.4, 0.8]),
    rows: dice.pick([0, 0.4, 0.8]),
    n: dice.chance(0.6) ? dice.pick([0, 0, 1, dice.below(space.maxN + 1)]) : null,
  }
}

/** A long case with one or two themes, and its own weights. */
function longStyle<Kind extends string>(space: CaseSpace<Kind>, dice: Dice): Style<Kind> {
  const { always, themes, weights, tabs, maxLength } = space
  const chosen = dice.some(Object.values(themes), 1 + dice.below(2)).flat()
  const weightOf = (kind: Kind) =>
    (weights[kind] ?? 2) * Math.max(dice.pick(factors), always.includes(kind) ? 0.3 : 0)
  return {
    kinds: new Map([...new Set([...always, ...chosen])].map((kind) => [kind, weightOf(kind)])),
    // Mostly two: with more tabs, fewer ops meet.
    tabs: dice.pick([1, 2, 2, 2, tabs]),
    length: 4 + dice.below(maxLength - 3),
    pace: dice.pick(paces),
    meetings: dice.pick([0, 0.4, 0.8]),
    rows: dice.pick([0, 0.4, 0.8]),
    n: null,
  }
}

/** Some ops follow the previous one immediately, on the same session, half of them in another tab. Others use the same tab. */
function drawOp<Kind extends string>(
  space: CaseSpace<Kind>,
  style: Style<Kind>,
  last: StepOf<Kind> | undefined,
  dice: Dice,
): StepOf<Kind> {
  const kind = dice.weigh(style.kinds) ?? (space.always[0] as Kind)
  const n = style.n ?? dice.below(space.maxN + 1)
  const tab = dice.below(style.tabs)
  const gap = drawGap(style.pace, dice)
  if (!last) return { kind, tab, n, gap }
  const isSoon = space.passing.includes(last.kind) && gap === UNTIL_REST
  if (space.preparing.includes(last.kind) && dice.chance(PREPARED_SHARE))
    return { kind, tab: last.tab, n: dice.chance(0.5) ? last.n : n, gap: isSoon ? 0 : gap }
  const isJoined = dice.chance(style.meetings)
  const isInRow = dice.chance(style.rows)
  const isElsewhere = isJoined && dice.chance(0.5)
  return {
    kind,
    tab: isElsewhere ? (last.tab + 1) % style.tabs : isInRow ? last.tab : tab,
    n: isJoined ? last.n : n,
    gap: isSoon ? 0 : isJoined && gap !== UNTIL_ENCRYPTED ? gap % 4 : gap,
  }
}

function drawGap([rest, few, any, ciphers]: Pace, dice: Dice): number {
  const drawn = dice.weigh(
    new Map([
      ['rest', rest],
      ['few', few],
      ['any', any],
      ['ciphers', ciphers],
    ]),
  )
  if (drawn === 'rest') return UNTIL_REST
  if (drawn === 'ciphers') return UNTIL_ENCRYPTED
  return dice.below(drawn === 'few' ? 6 : UNTIL_REST + 1)
}

/** Changes a case in one or a few places, because a case that reached a new situation is close to others that do. */
export function varyCase<Kind extends string>(
  space: CaseSpace<Kind>,
  ops: readonly StepOf<Kind>[],
  other: readonly StepOf<Kind>[],
  dice: Dice,
): StepOf<Kind>[] {
  let varied = [...ops]
  for (let count = 1 + dice.below(3); count > 0; count--) varied = varyOnce(space, varied, other, dice)
  return varied.slice(0, space.maxLength)
}

const anyPace: Pace = [1, 2, 1, 1]

function varyOnce<Kind extends string>(
  space: CaseSpace<Kind>,
  ops: readonly StepOf<Kind>[],
  other: readonly StepOf<Kind>[],
  dice: Dice,
): StepOf<Kind>[] {
  const place = dice.below(ops.length)
  const op = ops[place]
  if (!op) return [...other]
  const related = Object.values(space.themes).filter((theme) => theme.includes(op.kind))
  const kinds = [...space.always, ...(dice.pick(related) ?? Object.values(space.themes).flat())]
  const drawn: StepOf<Kind> = {
    kind: dice.pick(kinds) ?? op.kind,
    tab: dice.below(Math.min(2, space.tabs)),
    n: dice.chance(0.5) ? op.n : dice.below(space.maxN + 1),
    gap: drawGap(anyPace, dice),
  }
  const variants: (() => StepOf<Kind>[])[] = [
    () => ops.toSpliced(place, 1),
    () => ops.toSpliced(place + 1, 0, drawn),
    () => ops.toSpliced(place + 1, 0, drawn),
    () => ops.with(place, { ...op, kind: drawn.kind }),
    () => ops.with(place, { ...op, gap: drawn.gap }),
    () => ops.with(place, { ...op, tab: drawn.tab }),
    () => ops.with(place, { ...op, n: drawn.n }),
    () => [...ops.slice(0, place + 1), ...other.slice(dice.below(other.length))],
  ]
  return (dice.pick(variants) ?? (() => [...ops]))()
}
