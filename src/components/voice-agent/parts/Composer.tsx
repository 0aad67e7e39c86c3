import { type FormEvent, type KeyboardEvent, useId, useRef } from 'react'
import { useBrowserLayoutEffect } from '../hooks/agent-source.js'
import { selectConnectionStatus, selectDraft, selectTalk } from '../selectors.js'
import { definePart } from './Isolated.js'
import { Icon, sendIcon } from './icons.js'
import { type PartProps, useAssistantView, useViewState } from './view-context.js'

/** Props of `VoiceAssistantComposer`. */
export interface ComposerProps extends PartProps {
  /**
   * Lets the browser check the spelling of the draft. Some browsers send the text to a server for this, which a page can't detect.
   *
   * @default false
   */
  spellCheck?: boolean | undefined
}

/** Keeps browsers from completing the text on a server. React's types don't have the attribute yet. */
const withoutSuggestions = { writingsuggestions: 'false' }

/**
 * A field for typed messages. Its draft is part of the conversation: encrypted, and restored with it. A message sent while the call
 * is connecting waits for it. Without a call, the draft stays until there is one; in text-only mode, sending starts the call.
 */
export const Composer = definePart(function Composer({ className, spellCheck = false }: ComposerProps) {
  const { texts, source, commands, transcript } = useAssistantView()
  const status = useViewState(selectConnectionStatus)
  const draft = useViewState(selectDraft)
  const field = useRef<HTMLTextAreaElement | null>(null)
  const id = useId()
  const isConnected = status === 'connected'
  const isConnecting = status === 'connecting' || status === 'reconnecting'
  // In text-only mode, sending also starts the call.
  const beginsCall = useViewState(selectTalk) === 'text' && !isConnected && !isConnecting
  const canSend = isConnected || isConnecting || beginsCall
  const hint = isConnecting ? texts.sendWaits : canSend ? '' : texts.sendNeedsCall
  const text = draft.trim()

  useBrowserLayoutEffect(() => {
    // A field rendered with text has its caret at the start. Setting the value moves the caret to the end, but not the focus.
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
    // During composition with an input method, Enter selects a word. Safari ends the composition first, so only the code 229 reveals it.
    const { isComposing, keyCode } = event.nativeEvent
    if (event.key !== 'Enter' || event.shiftKey || isComposing || keyCode === 229) return
    event.preventDefault()
    event.currentTarget.form?.requestSubmit()
  }

  return (
    // Off on both, because browsers store field text unencrypted for session restore, and read one or the other.
    <form data-rva-part="composer" className={className} autoComplete="off" onSubmit={submit}>
      <div data-rva-part="composer-field">
        <textarea
          data-rva-part="composer-input"
          ref={field}
          aria-label={texts.message}
          aria-describedby={hint ? id : undefined}
          placeholder={texts.messagePlaceholder}
          rows={1}
          // An empty field has the page's direction, because `auto` treats it as left to right.
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
