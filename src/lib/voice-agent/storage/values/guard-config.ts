import type { PersistConfig } from 'redux-persist'

/** redux-persist's own prefix of storage keys. */
const KEY_PREFIX = 'persist:'

type GuardedConfig<S> = Omit<PersistConfig<S>, 'storage'>

/**
 * Wraps the functions in a redux-persist configuration that can fail after the read: transforms, migrations and `deserialize`.
 * After such a failure, redux-persist continues with the initial state and writes it.
 *
 * @param quarantine Called with the storage key when one of them throws, before redux-persist sees the error.
 */
export function guardConfig<S>(
  config: GuardedConfig<S>,
  quarantine: (name: string) => void,
): GuardedConfig<S> {
  const name = `${config.keyPrefix ?? KEY_PREFIX}${config.key}`
  const fail = (error: unknown): never => {
    quarantine(name)
    throw error
  }
  const attempt = <T>(task: () => T): T => {
    try {
      return task()
    } catch (error) {
      return fail(error)
    }
  }
  const { transforms, migrate } = config
  const guarded: GuardedConfig<S> & { deserialize?: unknown } = { ...config }
  if (transforms) {
    guarded.transforms = transforms.map((transform) => ({
      in: (...args) => transform.in(...args),
      out: (...args) => attempt(() => transform.out(...args)),
    }))
  }
  // Async, because redux-persist misses a synchronous error and waits until its timeout.
  if (migrate) guarded.migrate = async (...args) => attempt(() => migrate(...args)).catch(fail)
  const { deserialize } = guarded
  if (typeof deserialize === 'function') {
    guarded.deserialize = (stored: unknown) => attempt((): unknown => deserialize(stored))
  }
  return guarded
}
