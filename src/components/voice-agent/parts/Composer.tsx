import { type FormEvent, type KeyboardEvent, useId, useRef } from 'react'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'
import { selectConnectionStatus, selectDraft, selectTalk } from '../selectors.js'
import { definePart } from './define-part.js'
import { Icon } from './Icon.js'
import { sendIcon } from './icons.js'
import { type PartProps, useAssistantView, useViewState } from './view-context.js'

export interface ComposerProps extends PartProps {
  /**
   * Lets the browser check the spelling of the draft. Some browsers send the text to a server for that, which can't be told from here.
   *
   * @default false
   */
  spellCheck?: boolean | undefined
}

/** Keeps a browser from completing the text on a server. React's types don't have the attribute yet. */
const withoutSuggestions = { writingsuggestions: 'false' }

/**
 * A field for typed messages. Its draft is part of the conversation: encrypted, and restored with it. A message that is sent before the
 * call is connected waits for it. Without a call, a draft stays until there is one; a user who only types begins it by sending.
 */
export const Composer = definePart(function Composer({ className, spellCheck = false }: ComposerProps) {
  const { texts, source, commands, transcript } = useAssistantView()
  const status = useViewState(selectConnectionStatus)
  const draft = useViewState(selectDraft)
  const field = useRef<HTMLTextAreaElement | null>(null)
  const id = useId()
  const isConnected = status === 'connected'
  const isConnecting = status === 'connecting' || status === 'reconnecting'
  // A user who only types needs no button to begin.
  const beginsCall = useViewState(selectTalk) === 'text' && !isConnected && !isConnecting
  const canSend = isConnected || isConnecting || beginsCall
  const hint = isConnecting ? texts.sendWaits : canSend ? '' : texts.sendNeedsCall
  const text = draft.trim()

  useBrowserLayoutEffect(() => {
    // A field that is rendered with its text has the caret before it. Setting the value moves the caret, without moving the focus.
    const { current } = field
    if (!current?.value) return
    const { value } = current
    current.value = ''
    current.value = value
  }, [])

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!canSend || text === '') return
    if (beginsCall) void commands.connect()
    try {
      source.agent?.sendText(text)
      transcript.current?.jumpToEnd()
    } catch {
      // The notice shows the error. The draft stays, so that the user can shorten it or send it later.
      commands.setDraft(draft)
    }
  }
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // While an input method composes, Enter selects a word. Safari ends the composition before, and only the code 229 tells.
    const { isComposing, keyCode } = event.nativeEvent
    if (event.key !== 'Enter' || event.shiftKey || isComposing || keyCode === 229) return
    event.preventDefault()
    event.currentTarget.form?.requestSubmit()
  }

  return (
    // Turned off on both, because a browser stores the text of a field for its session restore, unencrypted: it reads one or the other.
    <form data-rva-part="composer" className={className} autoComplete="off" onSubmit={submit}>
      <div data-rva-part="composer-field">
        <textarea
          data-rva-part="composer-input"
          ref={field}
          aria-label={texts.message}
          aria-describedby={hint ? id : undefined}
          placeholder={texts.messagePlaceholder}
          rows={1}
          // An empty field has the direction of the page, because `auto` takes it for a text from left to right.
          dir={draft === '' ? undefined : 'auto'}
          enterKeyHint="send"
          autoComplete="off"
          spellCheck={spellCheck}
          {...withoutSuggestions}
          value={draft}
          onChange={(event) => commands.setDraft(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <button
          type="submit"
          data-rva-part="send"
          aria-label={texts.send}
          title={texts.send}
          aria-disabled={!canSend || text === '' || undefined}
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
