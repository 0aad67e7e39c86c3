/** Loaded only in development. */
export { checkReducer, checkRehydration, checkSetup } from './checks.js'
export { report } from './warn.js'
