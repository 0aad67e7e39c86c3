import fc from 'fast-check'

/**
 * Default seed of property tests, so that only a change to the code decides whether they pass. `PROPERTY_SEED=random` tries other seeds.
 * A failure prints its seed.
 */
const wanted = typeof process === 'undefined' ? undefined : process.env.PROPERTY_SEED

if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted ?? 20261129) })
