declare const process: { env: { NODE_ENV?: string } }

/**
 * Loads the texts and checks for developers; null in production. Without `process`, which bundlers replace, this is production.
 *
 * The comparison stands beside the import, so that bundlers leave the code out of a production build.
 */
export function loadDevelopment() {
  try {
    return process.env.NODE_ENV === 'production' ? null : import('../development/index.js')
  } catch {
    return null
  }
}

/** Creates a function that reports errors, and warnings about the setup, on the console. It does so during development only, and once for each cause. */
export function createWarn(): (error: unknown) => void {
  const told = new Set<string>()
  return (error) =>
    void loadDevelopment()?.then(
      (development) => development.report(told, error),
      // It is said to developers only, who can reload.
      () => {},
    )
}
