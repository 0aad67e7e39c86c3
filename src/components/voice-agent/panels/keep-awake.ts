/**
 * Keeps the screen on while the page is visible. Browsers release the lock when the page is hidden, so it is requested again afterwards.
 * They may refuse it, for example on low battery. Returns a function that releases the lock.
 */
export function keepAwake({ defaultView: view }: Document): () => void {
  if (!view) return () => {}
  const { document, navigator } = view
  let lock: WakeLockSentinel | null = null
  let isRequested = false
  let isOver = false

  async function request() {
    const isHeld = lock !== null && !lock.released
    if (isOver || isRequested || isHeld || document.visibilityState !== 'visible') return
    isRequested = true
    try {
      lock = await navigator.wakeLock.request('screen')
      // The call may have ended meanwhile.
      if (isOver) await lock.release()
    } catch {
      // The call continues, but the screen may turn off.
    }
    isRequested = false
  }

  const onVisibility = () => void request()
  document.addEventListener('visibilitychange', onVisibility)
  void request()
  return () => {
    isOver = true
    document.removeEventListener('visibilitychange', onVisibility)
    void lock?.release()
  }
}
