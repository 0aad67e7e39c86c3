import { useEffect, useRef, useState } from 'react'
import {
  defaultShareTexts,
  type OpenedShare,
  type ShareErrorCode,
  type ShareTexts,
} from '../../../lib/voice-agent/share/index.js'
import { getTimeFormat } from '../format/times.js'
import { Icon, warningIcon } from '../parts/icons.js'
import type { VoiceAssistantTexts } from '../texts/types.js'
import { Comments } from './Comments.js'
import { ReadOnlyTranscript, SharedFrame } from './SharedMessages.js'
import { type SharedConversationOptions, useSharedConversation } from './useSharedConversation.js'

/** Props of {@link SharedConversation}. */
export interface SharedConversationProps extends SharedConversationOptions {
  /** Texts that replace the English ones. */
  texts?: Partial<ShareTexts> | undefined
  /** Texts of the transcript that replace the English ones. */
  transcriptTexts?: Partial<VoiceAssistantTexts> | undefined
  /** `auto` follows the page's `color-scheme`. @default 'auto' */
  theme?: 'light' | 'dark' | 'auto'
  className?: string
  /**
   * Continues a share with the role `continue`, using `continueShare`. Called on a click.
   *
   * @default none, and no button
   */
  onContinue?: ((share: OpenedShare) => Promise<void> | void) | undefined
}

/** Errors that a retry with the same link may resolve. */
const passing: readonly ShareErrorCode[] = ['share-unreachable', 'share-full']

/**
 * Shows a share read-only, with its comments. Contains no code for calls or microphones, and needs no store.
 *
 * @example
 * <SharedConversation server={server} />
 */
export function SharedConversation({
  texts: textOverrides,
  transcriptTexts,
  theme = 'auto',
  className,
  onContinue,
  ...options
}: SharedConversationProps) {
  const texts = {
    ...defaultShareTexts,
    ...textOverrides,
    errors: { ...defaultShareTexts.errors, ...textOverrides?.errors },
  }
  const flow = useSharedConversation(options)
  const { status, share, error } = flow
  return (
    <SharedFrame label={texts.title} lang={textOverrides?.locale} theme={theme} className={className}>
      {status === 'loading' && (
        <p data-rva-part="shared-message" role="status">
          {texts.loading}
        </p>
      )}
      {status === 'failed' && error && <Failure error={error} texts={texts} onRetry={flow.retry} />}
      {share && (
        <>
          <Heading share={share} texts={texts} onContinue={onContinue} />
          {error && (
            <div data-rva-part="notice" data-tone="warning" role="alert">
              <Icon drawing={warningIcon} />
              <span data-rva-part="notice-text">{texts.errors[error]}</span>
              <span data-rva-part="notice-actions">
                <button type="button" data-rva-part="notice-action" onClick={flow.retry}>
                  {texts.tryAgain}
                </button>
              </span>
            </div>
          )}
          <ReadOnlyTranscript messages={share.messages} texts={transcriptTexts} />
          <Comments flow={flow} share={share} texts={texts} />
        </>
      )}
    </SharedFrame>
  )
}

interface FailureProps {
  error: ShareErrorCode
  texts: ShareTexts
  onRetry: () => void
}

function Failure({ error, texts, onRetry }: FailureProps) {
  const heading = useRef<HTMLHeadingElement | null>(null)
  useEffect(() => {
    // The focused element was removed with the messages.
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true })
  }, [])
  return (
    <div data-rva-part="shared-message" role="alert" data-error={error}>
      <Icon drawing={warningIcon} />
      <h2 data-rva-part="shared-title" ref={heading} tabIndex={-1}>
        {texts.notShown}
      </h2>
      <p>{texts.errors[error]}</p>
      {passing.includes(error) && (
        <button type="button" data-rva-part="dialog-confirm" data-tone="accent" onClick={onRetry}>
          {texts.tryAgain}
        </button>
      )}
    </div>
  )
}

interface HeadingProps {
  share: OpenedShare
  texts: ShareTexts
  onContinue: SharedConversationProps['onContinue']
}

function Heading({ share, texts, onContinue }: HeadingProps) {
  const { date, time } = getTimeFormat(texts.locale)
  const { title, role, expiresAt } = share
  return (
    <header data-rva-part="shared-head">
      <h2 data-rva-part="shared-title">
        <bdi>{title ?? texts.title}</bdi>
      </h2>
      <p data-rva-part="shared-note">
        {texts.roles[role]} {texts.expires(`${date(expiresAt)}, ${time(expiresAt)}`)}
      </p>
      {role === 'continue' && onContinue && (
        <ContinueButton share={share} texts={texts} onContinue={onContinue} />
      )}
    </header>
  )
}

function ContinueButton({
  share,
  texts,
  onContinue,
}: HeadingProps & { onContinue: NonNullable<HeadingProps['onContinue']> }) {
  const [state, setState] = useState<'idle' | 'busy' | 'failed'>('idle')
  // Two clicks may arrive before the next render.
  const isRunning = useRef(false)
  const press = async () => {
    if (isRunning.current) return
    isRunning.current = true
    setState('busy')
    try {
      await onContinue(share)
      setState('idle')
    } catch {
      setState('failed')
    } finally {
      isRunning.current = false
    }
  }
  return (
    <p data-rva-part="shared-actions">
      <button
        type="button"
        data-rva-part="dialog-confirm"
        data-tone="accent"
        aria-disabled={state === 'busy' || undefined}
        aria-busy={state === 'busy' || undefined}
        onClick={() => void press()}
      >
        {state === 'busy' ? texts.continuing : texts.continue}
      </button>
      <span data-rva-part="dialog-error" role="alert">
        {state === 'failed' ? texts.continueFailed : ''}
      </span>
    </p>
  )
}
