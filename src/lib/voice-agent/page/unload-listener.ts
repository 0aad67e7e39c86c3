/** Milliseconds without unsaved changes until `beforeunload` is no longer listened to. */
const lingerMs = 10_000

/** Listens to `beforeunload` while something is unsaved, for the sake of the back/forward cache. */
export interface UnloadListener {
  setDirty(isDirty: boolean): void
  stop(): void
}

/**
 * It goes on for a while after the last save: the next change is near in a conversation, and the browser is told of each
 * listener that comes or goes, at a tenth of what a whole save costs.
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
