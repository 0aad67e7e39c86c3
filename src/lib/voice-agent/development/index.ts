/** Loaded only in development. */
export { checkMiddleware, checkReducer, checkRehydration } from './checks.js'
export { checkOptionNames } from './option-names.js'
export { report } from './warn.js'
