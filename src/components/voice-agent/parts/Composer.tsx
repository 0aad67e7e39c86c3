import { type FormEvent, type KeyboardEvent, memo, useId, useState } from 'react'
import { selectConnectionStatus } from '../selectors.js'
import { Icon } from './Icon.js'
import { sendIcon } from './icons.js'
import { type PartProps, useAssistantView, useViewState } from './view-context.js'

/** A field for typed messages. A draft that was typed without a call stays until there is one. */
export const Composer = memo(function Composer({ className }: PartProps) {
  const { texts, source } = useAssistantView()
  const status = useViewState(selectConnectionStatus)
  const [draft, setDraft] = useState('')
  const id = useId()
  const isConnected = status === 'connected'
  const isConnecting = status === 'connecting' || status === 'reconnecting'
  const hint = isConnected ? '' : isConnecting ? texts.sendNeedsConnection : texts.sendNeedsCall
  const text = draft.trim()

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!isConnected || text === '') return
    try {
      source.agent?.sendText(text)
      setDraft('')
    } catch {
      // The notice shows the error. The draft stays, so that the user can shorten it or send it later.
    }
  }
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // While an input method composes, Enter selects a word.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    event.currentTarget.form?.requestSubmit()
  }

  return (
    <form data-rva-part="composer" className={className} onSubmit={submit}>
      <div data-rva-part="composer-field">
        <textarea
          data-rva-part="composer-input"
          aria-label={texts.message}
          aria-describedby={hint ? id : undefined}
          placeholder={texts.messagePlaceholder}
          rows={1}
          dir="auto"
          enterKeyHint="send"
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <button
          type="submit"
          data-rva-part="send"
          aria-label={texts.send}
          title={texts.send}
          aria-disabled={!isConnected || text === '' || undefined}
          aria-describedby={hint ? id : undefined}
        >
          <Icon drawing={sendIcon} />
        </button>
      </div>
      <p data-rva-part="hint" id={id} data-wanted={(text !== '' && hint !== '') || undefined}>
        {hint}
      </p>
    </form>
  )
})
