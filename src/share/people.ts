/**
 * Shares for one person, with HPKE. Needs `@hpke/core`, an optional peer dependency: install it to use them.
 *
 * @packageDocumentation
 */

export { asPerson, createShareKeys, type ShareKeys, toPerson } from '../lib/voice-agent/share/person.js'
