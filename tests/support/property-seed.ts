import fc from 'fast-check'

/**
 * Seed of every property test that names none, so that a change alone decides whether the tests pass. `PROPERTY_SEED=random` tries other values:
 * a failure prints its seed.
 */
const wanted = typeof process === 'undefined' ? undefined : process.env.PROPERTY_SEED

if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted ?? 20261129) })
