import { useState } from 'react'
import { useConversationView } from '../conversation/view.js'
import { useBeforeFocusIsLost } from '../hooks/useBeforeFocusIsLost.js'
import { upIcon } from '../parts/arrow-icons.js'
import { Icon } from '../parts/Icon.js'

/** Brings in what is stored from before. When there is no more and the button goes, its focus goes on to `onGone`. */
export function LoadEarlier({ onGone }: { onGone: () => void }) {
  const { texts, commands } = useConversationView()
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
