/** Loaded during development only. */
export { checkMiddleware, checkReducer, checkRehydration } from './checks.js'
export { report } from './warn.js'
