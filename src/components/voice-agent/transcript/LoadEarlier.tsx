import { useState } from 'react'
import { useBeforeFocusIsLost } from '../hooks/useBeforeFocusIsLost.js'
import { Icon } from '../parts/Icon.js'
import { upIcon } from '../parts/icons.js'
import { useAssistantView } from '../parts/view-context.js'

/** Loads earlier messages. `onFocusLost` is called if the button has the focus when it is removed, after all are loaded. */
export function LoadEarlier({ onFocusLost }: { onFocusLost: () => void }) {
  const { texts, commands } = useAssistantView()
  const [isLoading, setIsLoading] = useState(false)
  const button = useBeforeFocusIsLost<HTMLButtonElement>(onFocusLost)
  const load = async () => {
    if (isLoading) return
    setIsLoading(true)
    await commands.loadEarlierMessages()
    setIsLoading(false)
  }
  return (
    <button
      type="button"
      ref={button}
      data-rva-part="load-earlier"
      aria-disabled={isLoading || undefined}
      onClick={() => void load()}
    >
      <Icon drawing={upIcon} />
      {isLoading ? texts.loadingEarlier : texts.loadEarlier}
    </button>
  )
}
