declare const process: { env: { NODE_ENV?: string } }

/** Texts and checks for developers. */
export type Development = typeof import('../development/index.js')

/**
 * Loads the texts and checks for developers; null in production. Resolves to null if they can't be loaded, because only developers miss
 * them, and they can reload. Without `process`, which bundlers replace, assumes production.
 *
 * The comparison is next to the import, so that bundlers drop the code from production builds.
 */
export function loadDevelopment(): Promise<Development | null> | null {
  try {
    return process.env.NODE_ENV === 'production' ? null : import('../development/index.js').catch(() => null)
  } catch {
    return null
  }
}

/** Creates a function that prints errors and setup warnings on the console, only in development and once per cause. */
export function createWarn(): (error: unknown) => void {
  const printed = new Set<string>()
  return (error) => void loadDevelopment()?.then((development) => development?.report(printed, error))
}
