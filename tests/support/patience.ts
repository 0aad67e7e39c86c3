import { type VitestUtils, vi } from 'vitest'

/** Milliseconds that a test waits by default, instead of vitest's one second, which a busy machine exceeds. No test measures time by it. */
const limit = 15_000

type Options = number | { timeout?: number; interval?: number } | undefined
const patient = (options: Options) => (typeof options === 'number' ? options : { timeout: limit, ...options })

const { waitFor, waitUntil } = vi
vi.waitFor = ((callback, options) => waitFor(callback, patient(options))) as VitestUtils['waitFor']
vi.waitUntil = ((callback, options) => waitUntil(callback, patient(options))) as VitestUtils['waitUntil']
