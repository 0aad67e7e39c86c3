/**
 * The shortest case known for each mutant, by its name. Many of them need an order of events that one schedule in ten or fewer has.
 * `npm test` runs them without the mutants: they must hold. `npm run sim -- --mutants --collect` prints more of them.
 */
export const knownCases: Readonly<Record<string, string>> = {}
