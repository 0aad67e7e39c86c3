type Numbers = Map<string, Set<number>>

/** Numbers in use, by database name. Stored globally, because a second copy of the package in the page must see them. */
function numbersOf(databaseName: string): Set<number> {
  const global = globalThis as unknown as Record<symbol, Numbers>
  const key = Symbol.for('redux-voice-agent.numbers')
  const byName = global[key] ?? new Map()
  global[key] = byName
  const numbers = byName.get(databaseName) ?? new Set<number>()
  byName.set(databaseName, numbers)
  return numbers
}

/**
 * Takes the lowest free number among the agents of this page that share a database, from 1. Agents are numbered in the order
 * in which they are mounted. A reload repeats this order, so each agent finds its own conversation again.
 *
 * @returns the number, and a function that frees it
 */
export function takeAgentNumber(databaseName: string): { number: number; free: () => void } {
  const numbers = numbersOf(databaseName)
  let number = 1
  while (numbers.has(number)) number++
  numbers.add(number)
  return { number, free: () => void numbers.delete(number) }
}
