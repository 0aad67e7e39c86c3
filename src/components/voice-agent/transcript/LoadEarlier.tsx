import { useState } from 'react'
import { Icon } from '../parts/Icon.js'
import { upIcon } from '../parts/icons.js'
import { useAssistantView } from '../parts/view-context.js'

/** Loads earlier messages. Removed once all are loaded. */
export function LoadEarlier() {
  const { texts, commands } = useAssistantView()
  const [isLoading, setIsLoading] = useState(false)
  const load = async () => {
    if (isLoading) return
    setIsLoading(true)
    await commands.loadEarlierMessages()
    setIsLoading(false)
  }
  return (
    <button
      type="button"
      data-rva-part="load-earlier"
      aria-disabled={isLoading || undefined}
      onClick={() => void load()}
    >
      <Icon drawing={upIcon} />
      {isLoading ? texts.loadingEarlier : texts.loadEarlier}
    </button>
  )
}
