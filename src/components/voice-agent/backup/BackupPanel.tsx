import { type FocusEvent, useEffect, useRef } from 'react'
import { type Backup, type BackupTexts, defaultBackupTexts } from '../../../lib/voice-agent/backup/index.js'
import { isFocusLost } from '../parts/focus.js'
import { Icon, warningIcon } from '../parts/icons.js'
import { Styles } from '../parts/Styles.js'
import { backupStyles } from '../styles/backup.js'
import { BackupContents } from './BackupContents.js'
import { errorText } from './BackupForm.js'
import { BackupSetup } from './BackupSetup.js'
import { BackupUnlock } from './BackupUnlock.js'
import { Outcome, runningText } from './Outcome.js'
import { type BackupFlow, useBackup } from './useBackup.js'

/** Props of {@link BackupPanel}. */
export interface BackupPanelProps {
  /** Create it once, outside of the component. */
  backup: Backup
  /** Texts that replace the English ones. */
  texts?: Partial<BackupTexts> | undefined
  /** `auto` follows the page's `color-scheme`. @default 'auto' */
  theme?: 'light' | 'dark' | 'auto'
  className?: string
  /** Least number of characters of a new passphrase. @default 12 */
  minPassphraseLength?: number
  /** True while your app runs `backup.syncAfterSaves()`. @default false */
  isAutomatic?: boolean
  /**
   * Called when the user turns automatic syncs on or off: start or stop `backup.syncAfterSaves()`, and remember the choice.
   *
   * @default none, and no checkbox
   */
  onAutomaticChange?: ((isAutomatic: boolean) => void) | undefined
}

/**
 * Turns the backup on, opens it on another device, syncs, restores and deletes. It logs and stores neither the passphrase nor the recovery code.
 *
 * @example
 * <BackupPanel backup={backup} />
 */
export function BackupPanel({
  backup,
  texts: textOverrides,
  theme = 'auto',
  className,
  minPassphraseLength = 12,
  isAutomatic = false,
  onAutomaticChange,
}: BackupPanelProps) {
  const texts = {
    ...defaultBackupTexts,
    ...textOverrides,
    errors: { ...defaultBackupTexts.errors, ...textOverrides?.errors },
  }
  const flow = useBackup(backup)
  const { view, isBusy, running } = flow
  const section = useRef<HTMLElement | null>(null)
  const hadFocus = useRef(false)
  const onBlur = ({ relatedTarget }: FocusEvent) => {
    if (relatedTarget && !section.current?.contains(relatedTarget)) hadFocus.current = false
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: another view has other elements.
  useEffect(() => {
    const { current } = section
    if (!current || !hadFocus.current) return
    const { ownerDocument } = current
    if (!isFocusLost(ownerDocument) && !current.contains(ownerDocument.activeElement)) return
    const target = current.querySelector<HTMLElement>('input') ?? current.querySelector<HTMLElement>('h2')
    target?.focus()
  }, [view])

  return (
    <section
      ref={section}
      data-rva-part="backup"
      data-theme={theme}
      data-view={view}
      aria-label={texts.title}
      lang={textOverrides?.locale}
      className={className}
      onFocus={() => {
        hadFocus.current = true
      }}
      onBlur={onBlur}
    >
      <Styles sheet={backupStyles} isStandalone />
      {view === 'loading' && (
        <p data-rva-part="backup-note" role="status">
          {texts.loading}
        </p>
      )}
      {view === 'failed' && (
        <>
          <Heading text={texts.title} />
          <Problem flow={flow} texts={texts} />
        </>
      )}
      {(view === 'off' || view === 'passphrase' || view === 'code' || view === 'confirm') && (
        <BackupSetup key={view} flow={flow} texts={texts} minPassphraseLength={minPassphraseLength} />
      )}
      {view === 'locked' && <BackupUnlock flow={flow} texts={texts} />}
      {view === 'on' && (
        <>
          <Heading text={texts.title} />
          <Problem flow={flow} texts={texts} />
        </>
      )}
      {/* A background sync is not announced: there may be one every half minute. */}
      <div data-rva-part="backup-status" role="status">
        {isBusy && running ? <p>{runningText(running, texts)}</p> : <Outcome flow={flow} texts={texts} />}
      </div>
      {view === 'on' && (
        <BackupContents
          flow={flow}
          texts={texts}
          isAutomatic={isAutomatic}
          onAutomaticChange={onAutomaticChange}
        />
      )}
    </section>
  )
}

function Heading({ text }: { text: string }) {
  return (
    <h2 data-rva-part="backup-title" tabIndex={-1}>
      {text}
    </h2>
  )
}

/** Errors that another attempt may solve. */
const passing: readonly BackupFlow['error'][] = [
  'backup-unreachable',
  'backup-incomplete',
  'backup-session-open',
  'storage',
]

function Problem({ flow, texts }: { flow: BackupFlow; texts: BackupTexts }) {
  const { error, isBusy, retry, startNewDevice } = flow
  const isForked = error === 'backup-forked'
  return (
    <div role="alert" data-error={error ?? undefined}>
      {error !== null && (
        <div data-rva-part="notice" data-tone="warning">
          <Icon drawing={warningIcon} />
          <span data-rva-part="notice-text">{errorText(flow, texts)}</span>
          {(isForked || passing.includes(error)) && (
            <span data-rva-part="notice-actions">
              <button
                type="button"
                data-rva-part="notice-action"
                aria-disabled={isBusy || undefined}
                onClick={isForked ? startNewDevice : retry}
              >
                {isForked ? texts.newDevice : texts.tryAgain}
              </button>
            </span>
          )}
        </div>
      )}
    </div>
  )
}
