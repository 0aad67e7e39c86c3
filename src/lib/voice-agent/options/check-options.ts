import { VoiceAgentError } from '../../../../store/index.js'

/** Describes a value without its text, which may be a token. */
function describeType(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  const isShort = !value || value === true || typeof value === 'number'
  return isShort ? String(value) || "''" : typeof value
}

/**
 * Checks options, because plain JavaScript has no types.
 *
 * @throws VoiceAgentError `invalid-option`, which names the first invalid option and what it got
 */
export function check(
  values: Record<string, unknown>,
  isValid: (value: unknown) => boolean,
  expected: string,
  describe: (value: unknown) => string = describeType,
): void {
  for (const [name, value] of Object.entries(values)) {
    if (!isValid(value))
      throw new VoiceAgentError('invalid-option', `${name} must be ${expected}; got ${describe(value)}.`)
  }
}

export const isFunction = (value: unknown) => typeof value === 'function'
export const isName = (value: unknown) => typeof value === 'string' && value !== ''
export const isAmount = (value: unknown) => Number.isFinite(value) && (value as number) >= 0
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

/** @throws VoiceAgentError `invalid-option`, unless each value is a function or undefined. */
export function checkFunctions(values: Record<string, unknown>): void {
  check(values, (value) => value === undefined || isFunction(value), 'a function')
}

/** @throws VoiceAgentError `invalid-option`, unless each value is a non-empty string or undefined. */
export function checkNames(values: Record<string, unknown>): void {
  check(values, (value) => value === undefined || isName(value), 'a non-empty string')
}

export function checkObjects(values: Record<string, unknown>, expected = 'an object'): void {
  check(values, isObject, expected)
}

/** @throws VoiceAgentError `invalid-option`, unless each value has these methods. */
export function checkMethods(values: Record<string, unknown>, methods: readonly string[]): void {
  const missingIn = (value: unknown) =>
    methods.filter((method) => !isFunction((value as Record<string, unknown> | null | undefined)?.[method]))
  const describe = (value: unknown) =>
    isObject(value) ? `an object without ${missingIn(value).join('(), ')}()` : describeType(value)
  const hasAll = (value: unknown) => missingIn(value).length === 0
  check(values, hasAll, `an object with ${methods.join('(), ')}()`, describe)
}

export function checkChoice(values: Record<string, unknown>, choices: readonly unknown[]): void {
  const quoted = (value: unknown) => (typeof value === 'string' ? `'${value}'` : String(value))
  check(values, (value) => choices.includes(value), `one of ${choices.map(quoted).join(', ')}`, quoted)
}

/**
 * Checks the options of a database. A store holds only bytes, and a non-extractable key is not bytes, so a store needs a key provider.
 *
 * @param at Prefix of the names in errors, such as `persistence.` for an agent's options.
 * @throws VoiceAgentError `invalid-option`
 */
export function checkDatabase(
  options: { databaseName?: unknown; driver?: unknown; store?: unknown; keyProvider?: unknown },
  at = '',
): void {
  const { databaseName, driver, store, keyProvider } = options
  checkNames({ [`${at}databaseName`]: databaseName })
  const names = driver === undefined ? [] : [driver].flat()
  for (const name of names) checkNames({ [`${at}driver`]: name })
  checkFunctions({ [`${at}store`]: store, [`${at}keyProvider`]: keyProvider })
  if (store === undefined) return
  check({ [`${at}keyProvider`]: keyProvider }, isFunction, 'set with a store: createDeviceKeyProvider()')
  check({ [`${at}driver`]: driver }, () => names.length === 0, 'left out with a store')
}
