/** Milliseconds without unsaved changes until the `beforeunload` listener is removed. */
const lingerMs = 10_000

/** Listens to `beforeunload` only while changes are unsaved, because the listener keeps the page out of the bfcache. */
export interface UnloadListener {
  setDirty(isDirty: boolean): void
  stop(): void
}

/**
 * Creates a `beforeunload` listener that stays for a while after the last save. In a conversation the next change is near, and
 * adding or removing the listener costs a tenth of a save.
 */
export function createUnloadListener(listener: () => void): UnloadListener {
  let isDirty = false
  let isListening = false
  let lingering: ReturnType<typeof setTimeout> | undefined

  function stop() {
    clearTimeout(lingering)
    lingering = undefined
    isListening = false
    window.removeEventListener('beforeunload', listener)
  }

  return {
    setDirty(is) {
      isDirty = is
      if (is && !isListening) {
        isListening = true
        window.addEventListener('beforeunload', listener)
      } else if (!is && isListening) {
        lingering ??= setTimeout(() => {
          lingering = undefined
          if (!isDirty) stop()
        }, lingerMs)
      }
    },
    stop,
  }
}
