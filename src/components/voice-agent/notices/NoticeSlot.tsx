import { useEffect, useState, useSyncExternalStore } from 'react'
import type { VoiceAgentState } from '../../../../store/index.js'
import { useTick } from '../hooks/time.js'
import { IconButton } from '../parts/IconButton.js'
import { definePart } from '../parts/Isolated.js'
import {
  closeIcon,
  Icon,
  infoIcon,
  micIcon,
  phoneIcon,
  retryIcon,
  soundIcon,
  warningIcon,
} from '../parts/icons.js'
import { panelCode, usePanelCode } from '../parts/panel-code.js'
import { type Panel, usePanels } from '../parts/panel-context.js'
import { type PartProps, useAssistantView, useViewState } from '../parts/view-context.js'
import {
  selectConnection,
  selectMirror,
  selectRestore,
  selectRestoredCount,
  selectStorage,
} from '../selectors.js'
import { listCallNotices, type NoticeContent, selectIsSaved } from './notice.js'

const selectError = (state: VoiceAgentState) => state.session.error

function subscribeToNetwork(listener: () => void): () => void {
  window.addEventListener('online', listener)
  window.addEventListener('offline', listener)
  return () => {
    window.removeEventListener('online', listener)
    window.removeEventListener('offline', listener)
  }
}

/** Returns false if the browser has no network. True only means that it may have one (HTML Standard, 8.9.1.4). */
function useOnline(): boolean {
  return useSyncExternalStore(
    subscribeToNetwork,
    () => navigator.onLine,
    () => true,
  )
}

/** Returns the panel that the user opened but whose code could not be loaded. */
function useFailedPanel(): Panel | null {
  return Object.values<Panel>(usePanels()).find(({ loading }) => loading === 'failed') ?? null
}

/** A purely visual countdown: the announcer has announced its start. */
function Countdown({ until, text }: NonNullable<NoticeContent['countdown']>) {
  useTick(true)
  return <>{text(Math.max(0, Math.ceil((until - Date.now()) / 1000)))}</>
}

const actions = {
  retry: { icon: retryIcon, label: 'retryNow', does: 'retry' },
  'use-here': { icon: phoneIcon, label: 'useHere', does: 'connect' },
  'show-here': { icon: infoIcon, label: 'showHere', does: null },
  'retry-microphone': { icon: micIcon, label: 'tryAgain', does: 'retryMicrophone' },
  'resume-playback': { icon: soundIcon, label: 'playSound', does: 'resumePlayback' },
  'open-panel': { icon: retryIcon, label: 'tryAgain', does: null },
} as const

function NoticeAction({ action }: { action: NonNullable<NoticeContent['action']> }) {
  const { texts, commands, source } = useAssistantView()
  const failedPanel = useFailedPanel()
  const mirror = useViewState(selectMirror)
  if (typeof action === 'object')
    return (
      <button type="button" data-rva-part="notice-action" onClick={action.run}>
        {action.label}
      </button>
    )
  const { icon, label, does } = actions[action]
  /** Starts to mirror the tab that offers its conversation. */
  const follow = async () => {
    if (mirror) await source.agent?.sessionManager.restoreSession(mirror.sessionId)
  }
  const act = () => {
    const isOffered = mirror?.status === 'offered'
    if (action === 'open-panel') failedPanel?.open()
    else if (action === 'show-here') void follow().catch(() => undefined)
    else if (action === 'use-here' && isOffered) void follow().then(commands.connect, () => undefined)
    else if (does) void commands[does]()
  }
  return (
    <button type="button" data-rva-part="notice-action" onClick={act}>
      <Icon drawing={icon} />
      {texts[label]}
    </button>
  )
}

/** Occurrences that the user has dismissed. They stay dismissed when the assistant closes, reopens, or moves to another window. */
const dismissedOccurrences = new WeakSet<object>()

/** Remembers dismissed notices. One without an occurrence is remembered by its key, until it no longer applies. */
function useDismissals(notices: readonly NoticeContent[]) {
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(new Set())
  const keys = notices.map(({ key }) => key).join()
  useEffect(() => {
    setDismissed((before) => {
      const kept = [...before].filter((key) => keys.split(',').includes(key))
      return kept.length === before.size ? before : new Set(kept)
    })
  }, [keys])
  return {
    isDismissed: ({ key, occurrence }: NoticeContent) =>
      occurrence ? dismissedOccurrences.has(occurrence) : dismissed.has(key),
    dismiss({ key, occurrence }: NoticeContent) {
      if (occurrence) dismissedOccurrences.add(occurrence)
      // Also re-renders the slot.
      setDismissed(new Set(dismissed).add(key))
    },
  }
}

/** Shows the most severe problem, with its next step. */
export const NoticeSlot = definePart(function NoticeSlot({ className }: PartProps) {
  const { texts, watch } = useAssistantView()
  const watched = useSyncExternalStore(watch.subscribe, watch.get, watch.get)
  const connection = useViewState(selectConnection)
  const restore = useViewState(selectRestore)
  const storage = useViewState(selectStorage)
  const error = useViewState(selectError)
  const restoredCount = useViewState(selectRestoredCount)
  const isSaved = useViewState(selectIsSaved)
  const isOnline = useOnline()
  const failedPanel = useFailedPanel()
  const mirror = useViewState(selectMirror)
  const session = { restore, storage, error, mirror }
  const state = {
    connection,
    session,
    conversation: { restoredCount },
    isSaved,
    isOnline,
    watched,
    hasPanelFailed: failedPanel !== null,
  }
  const panels = usePanelCode()
  const { status } = connection
  const problem = mirror ?? error ?? connection.error ?? (restore.conversation === 'failed' ? restore : null)
  const hasNetwork = isOnline && status !== 'reconnecting' && status !== 'failed'
  const reason = hasNetwork && (status === 'connected' ? status : problem)
  // Most rules load with the panels, when the browser is idle. If that failed, a connected call or a problem tries again.
  useEffect(() => {
    if (reason) panelCode.preload()
  }, [reason])
  const notices = panels ? panels.listNotices(state, texts) : listCallNotices(state, texts)
  const { isDismissed, dismiss } = useDismissals(notices)
  const notice = notices.find((candidate) => !isDismissed(candidate)) ?? null

  return (
    <div data-rva-part="notice-slot" className={className}>
      {notice && (
        <div
          data-rva-part="notice"
          data-tone={notice.tone}
          data-notice={notice.key}
          // Only here, because the announcer announces all other notices.
          role={failedPanel ? 'alert' : undefined}
        >
          <Icon drawing={notice.tone === 'info' ? infoIcon : warningIcon} />
          <p data-rva-part="notice-text">
            {notice.countdown ? <Countdown {...notice.countdown} /> : notice.text}
          </p>
          {notice.action && (
            <div data-rva-part="notice-actions">
              {notice.otherAction && <NoticeAction action={notice.otherAction} />}
              <NoticeAction action={notice.action} />
            </div>
          )}
          {notice.isDismissible && (
            <IconButton
              part="icon-button"
              icon={closeIcon}
              label={texts.dismiss}
              onClick={failedPanel ? failedPanel.close : () => dismiss(notice)}
            />
          )}
        </div>
      )}
    </div>
  )
})
