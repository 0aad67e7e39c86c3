import { type VitestUtils, vi } from 'vitest'

/** Default timeout of waits, in milliseconds. A busy machine exceeds vitest's default of one second. No test measures time with it. */
const limit = 15_000

type Options = number | { timeout?: number; interval?: number } | undefined
const patient = (options: Options) => (typeof options === 'number' ? options : { timeout: limit, ...options })

const { waitFor, waitUntil } = vi
vi.waitFor = ((callback, options) => waitFor(callback, patient(options))) as VitestUtils['waitFor']
vi.waitUntil = ((callback, options) => waitUntil(callback, patient(options))) as VitestUtils['waitUntil']
