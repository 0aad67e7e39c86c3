import type { Dice } from './random.js'
import type { World } from './world.js'

/** A step of a case: an action of a user, the disk or the server. */
export interface Op {
  kind: string
  tab: number
  n: number
  gap: number
}

/** One run of a case. */
export interface Simulated<Step> {
  readonly world: World
  /** States that it was in, without names and numbers. */
  readonly states: ReadonlySet<string>
  /** Situations in which its ops ran, described so roughly that different cases share them. */
  readonly situations: ReadonlySet<string>
  /** False if the states aren't needed. */
  isCounted: boolean
  /** @throws if an invariant is violated */
  run(ops: readonly Step[]): Promise<void>
}

/** System under simulation. */
export interface Subject<Step extends Op> {
  /** Draws a random case. */
  draw(dice: Dice): Step[]
  /** Changes a case in a few places, or continues it with ops from another one. */
  vary(ops: readonly Step[], other: readonly Step[], dice: Dice): Step[]
  /** @param schedule Seed of the order of events. */
  create(schedule: number): Simulated<Step>
}
