import type { Message } from '../../../../store/index.js'
import { Icon } from '../parts/Icon.js'
import { retryIcon, warningIcon } from '../parts/icons.js'
import { useAssistantView, useViewState } from '../parts/view-context.js'
import { selectOutbox } from '../selectors.js'

/** Below a text that no agent is known to have read: it waits, or was not sent and can be sent again. */
export function UnsentMark({ message: { id, text } }: { message: Message }) {
  const { texts } = useAssistantView()
  return useViewState(selectOutbox).includes(id) ? (
    <p data-rva-part="pending">{texts.pending}</p>
  ) : (
    <NotSent id={id} text={text} />
  )
}

function NotSent({ id, text }: { id: string; text: string }) {
  const { texts, commands } = useAssistantView()
  return (
    <p data-rva-part="not-sent">
      <Icon drawing={warningIcon} />
      {texts.notSent}
      <button
        type="button"
        data-rva-part="resend"
        aria-label={`${texts.tryAgain}: ${text.slice(0, 60)}`}
        onClick={() => commands.resendText(id)}
      >
        <Icon drawing={retryIcon} />
        {texts.tryAgain}
      </button>
    </p>
  )
}
