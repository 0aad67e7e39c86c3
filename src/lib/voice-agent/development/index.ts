/** Loaded only in development. */
export { checkEvent, checkReducer, checkRehydration, checkSetup } from './checks.js'
export { report } from './warn.js'
