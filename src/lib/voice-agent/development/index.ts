/** Loaded only in development. */
export { checkMiddleware, checkReducer, checkRehydration } from './checks.js'
export { report } from './warn.js'
