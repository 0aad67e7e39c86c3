import type { Dice } from './random.js'
import type { Op } from './subject.js'

/** Gap of an op that waits until nothing is under way. */
export const UNTIL_REST = 20
/** Gap of an op that waits for the ciphers only: everything is encrypted, and nothing of it has reached the disk. */
export const UNTIL_ENCRYPTED = 21

/** How a case waits between ops: weights of coming to rest, of a few events, of any number of them, and of ciphers. */
const paces: readonly [Pace, ...Pace[]] = [
  [1, 1, 1, 1],
  [4, 2, 1, 1],
  [1, 6, 1, 1],
  [1, 3, 0, 4],
]
type Pace = readonly [rest: number, few: number, any: number, ciphers: number]

/** Factors by which the weights of a long case differ from the usual ones: many faults need two kinds often, and others hardly ever. */
const factors = [0.02, 1, 1, 4] as const

/** Shares of the cases that are meetings, and that are short. The others are long. */
const MEETING_SHARE = 0.4
const SHORT_SHARE = 0.25
/** Share of the short cases in which a kind of another theme comes in. */
const STRANGER_SHARE = 0.15
/** Share of the short cases that have each of the kinds that long ones always have. */
const COMMON_SHARE = 0.6
/** Share of the ops after a prepared one that are in its tab. */
const PREPARED_SHARE = 0.75

type StepOf<Kind extends string> = Op & { kind: Kind }

export interface CaseSpace<Kind extends string> {
  /** Kinds of op that every long case has, and some of which every short one has. */
  always: readonly Kind[]
  /** Ops that are in each other's way. A case has those of one theme, or two: with all together, few ops would have an effect. */
  themes: Readonly<Record<string, readonly Kind[]>>
  /** How often a kind comes; 2 if it is not named. */
  weights: Partial<Record<Kind, number>>
  tabs: number
  maxLength: number
  maxN: number
  /** Ops that cases begin with, because little can happen before them. One of these lists is chosen for each case. */
  openings: readonly (readonly Kind[])[]
  /** Ops that change what happens next in their tab, for example a failing disk: the next op is mostly in it too. */
  preparing: readonly Kind[]
  /** Ops that pass in time: the next one does not wait for rest. */
  passing: readonly Kind[]
  /** Ops that interrupt what others do. */
  interrupting: readonly Kind[]
  /** Ops that users repeat when something has failed. */
  repeating: readonly Kind[]
  /** Beginnings of meetings: a situation, and ops that take a while in it. */
  meetings: readonly { opening: readonly StepOf<Kind>[]; starts: readonly Kind[] }[]
}

/** The common traits of a case's ops. */
interface Style<Kind extends string> {
  kinds: ReadonlyMap<Kind, number>
  tabs: number
  length: number
  pace: Pace
  /** Shares of the ops that are about what the one before is about, and that are in its tab. */
  meetings: number
  rows: number
  /** The one number that ops have, so that all are about one session; null for any. */
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

/** Events between two ops that meet. */
const meetingGaps = [0, 0, 1, 2, 3, 4, 6, 8, 11, 15, UNTIL_ENCRYPTED] as const

/**
 * Draws a meeting: an op that takes a while, and others before it is done. They are about the same session, in the same tab or in another.
 * Something may fail before. Then the user may try again, and something may follow. Most faults need no more than that.
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

/** A few kinds of op, and few ops: what a fault needs follows on one another, and little comes between. */
function shortStyle<Kind extends string>(space: CaseSpace<Kind>, dice: Dice): Style<Kind> {
  const { always, themes } = space
  const own = dice.some(dice.pick(Object.values(themes)) ?? [], 1 + dice.below(3))
  const strangers = dice.chance(STRANGER_SHARE) ? dice.some(Object.values(themes).flat(), 1) : []
  const common = always.filter(() => dice.chance(COMMON_SHARE))
  return {
    // Rare kinds as often as others: there are few of them.
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

/** Many ops of one theme or two. Each case has its own weights. */
function longStyle<Kind extends string>(space: CaseSpace<Kind>, dice: Dice): Style<Kind> {
  const { always, themes, weights, tabs, maxLength } = space
  const chosen = dice.some(Object.values(themes), 1 + dice.below(2)).flat()
  const weightOf = (kind: Kind) =>
    (weights[kind] ?? 2) * Math.max(dice.pick(factors), always.includes(kind) ? 0.3 : 0)
  return {
    kinds: new Map([...new Set([...always, ...chosen])].map((kind) => [kind, weightOf(kind)])),
    // Mostly two: with more of them, fewer ops meet.
    tabs: dice.pick([1, 2, 2, 2, tabs]),
    length: 4 + dice.below(maxLength - 3),
    pace: dice.pick(paces),
    meetings: dice.pick([0, 0.4, 0.8]),
    rows: dice.pick([0, 0.4, 0.8]),
    n: null,
  }
}

/** Some ops follow immediately on the one before, and are about the same session, half of them in another tab. Others are in its tab. */
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

/** Changes a case in one place or a few: a case that reached something new is near others that do. */
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
