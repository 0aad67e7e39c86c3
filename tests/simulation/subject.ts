import type { Dice } from './random.js'
import type { World } from './world.js'

/** A step of a case: what a user, a disk or a server does. */
export interface Op {
  kind: string
  tab: number
  n: number
  gap: number
}

/** One run of a case. */
export interface Simulated<Step> {
  readonly world: World
  /** States that it was in, with names and numbers taken off. */
  readonly states: ReadonlySet<string>
  /** Situations in which its ops happened, described so roughly that different cases share them. */
  readonly situations: ReadonlySet<string>
  /** False if no one wants to know its states. */
  isCounted: boolean
  /** @throws when something does not hold */
  run(ops: readonly Step[]): Promise<void>
}

/** System under simulation. */
export interface Subject<Step extends Op> {
  /** Draws a random case. */
  draw(dice: Dice): Step[]
  /** Changes a case in a few places, or continues it as another one does. */
  vary(ops: readonly Step[], other: readonly Step[], dice: Dice): Step[]
  /** @param schedule Seed of the order in which things happen. */
  create(schedule: number): Simulated<Step>
}
