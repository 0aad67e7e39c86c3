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

/** Creates a function that reports errors on the console, during development only, and each cause once. */
export function createWarn(): (error: unknown) => void {
  const told = new Set<string>()
  return (error) =>
    void loadDevelopment()?.then(
      (development) => development.warnOfError(told, error),
      // It is said to developers only, who can reload.
      () => {},
    )
}
