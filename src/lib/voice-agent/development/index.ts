/** Loaded during development only. */
export { warnOfError } from './warn.js'
