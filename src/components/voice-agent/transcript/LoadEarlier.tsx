import { useState } from 'react'
import { useBeforeFocusIsLost } from '../hooks/useBeforeFocusIsLost.js'
import { Icon } from '../parts/Icon.js'
import { upIcon } from '../parts/icons.js'
import { useAssistantView } from '../parts/view-context.js'

/** Brings in what is stored from before. When there is no more and the button goes, its focus goes on to `onGone`. */
export function LoadEarlier({ onGone }: { onGone: () => void }) {
  const { texts, commands } = useAssistantView()
  const [isLoading, setIsLoading] = useState(false)
  const button = useBeforeFocusIsLost<HTMLButtonElement>(onGone)
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
      <Icon of={upIcon} />
      {isLoading ? texts.loadingEarlier : texts.loadEarlier}
    </button>
  )
}
