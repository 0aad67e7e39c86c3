import { memo, useRef } from 'react'
import type { ConnectionStatus, VoiceAgentState } from '../../../../store/index.js'
import { useBrowserLayoutEffect } from '../hooks/agent-source.js'
import { selectConnectionStatus, selectMessageCount, selectMicrophone, selectTalk } from '../selectors.js'
import { IconButton } from './IconButton.js'
import { definePart, ErrorBoundary } from './Isolated.js'
import {
  closeIcon,
  type Drawing,
  hangUpIcon,
  Icon,
  micIcon,
  micOffIcon,
  phoneIcon,
  retryIcon,
  slidersIcon,
  stopIcon,
} from './icons.js'
import { LevelMeter } from './LevelMeter.js'
import { panelCode } from './panel-code.js'
import { getPanelButtonProps, usePanels } from './panel-context.js'
import { TalkButton } from './TalkButton.js'
import { type PartProps, useAssistantView, useViewState } from './view-context.js'

/** A button that opens and closes the panel with microphone, speaker and volume above it. */
const DeviceMenu = memo(function DeviceMenu() {
  const { texts } = useAssistantView()
  const panel = usePanels().devices
  const panels = panelCode.current()
  const menu = useRef<HTMLDivElement | null>(null)
  return (
    <div data-rva-part="device-menu" ref={menu}>
      <IconButton
        part="devices"
        icon={slidersIcon}
        label={texts.devices}
        buttonRef={panel.trigger}
        {...getPanelButtonProps(panel)}
      />
      {panel.isOpen && panels && (
        <ErrorBoundary>
          <panels.DevicePanel panel={panel} menu={menu} />
        </ErrorBoundary>
      )}
    </div>
  )
})

const selectIsSpeaking = (state: VoiceAgentState) => state.conversation.status === 'speaking'

interface PrimaryFace {
  label: 'start' | 'continueConversation' | 'cancel' | 'end' | 'tryAgain'
  icon: Drawing
  does: 'connect' | 'disconnect'
}

const start: PrimaryFace = { label: 'start', icon: phoneIcon, does: 'connect' }
const resume: PrimaryFace = { ...start, label: 'continueConversation' }
const end: PrimaryFace = { label: 'end', icon: hangUpIcon, does: 'disconnect' }

const faces: Record<ConnectionStatus, PrimaryFace> = {
  idle: start,
  disconnected: start,
  connecting: { label: 'cancel', icon: closeIcon, does: 'disconnect' },
  connected: end,
  reconnecting: end,
  failed: { label: 'tryAgain', icon: retryIcon, does: 'connect' },
}

/** Milliseconds for which a press is ignored after the button's meaning flipped: the user aimed at the previous one. */
const IGNORED_AFTER_CHANGE_MS = 500

const selectFace = (state: VoiceAgentState): PrimaryFace => {
  const face = faces[state.connection.status]
  return face === start && selectMessageCount(state) > 0 ? resume : face
}

/**
 * Start, Continue, Cancel, End or Try again. One element for the whole call, so that it keeps focus. Double clicks and key repeats
 * do not undo the first press.
 */
function Primary() {
  const { texts, commands, primary, source } = useAssistantView()
  const { label, icon, does } = useViewState(selectFace)
  const meaning = useRef({ does, ignoredUntil: 0 })
  useBrowserLayoutEffect(() => {
    if (meaning.current.does === does) return
    const { performance } = primary.current?.ownerDocument.defaultView ?? window
    meaning.current = { does, ignoredUntil: performance.now() + IGNORED_AFTER_CHANGE_MS }
  }, [does, primary])
  // Loads the call's code, unless the browser has already loaded it while idle.
  const prepare = () => source.agent?.prepare()
  return (
    <button
      type="button"
      ref={primary}
      data-rva-part="primary"
      data-does={does}
      onPointerEnter={prepare}
      onFocus={prepare}
      onKeyDown={(event) => event.repeat && event.preventDefault()}
      onClick={(event) => {
        // The time of the press itself, because a busy page may handle it much later.
        if (event.timeStamp >= meaning.current.ignoredUntil) void commands[does]()
      }}
    >
      <Icon drawing={icon} />
      <span>{texts[label]}</span>
    </button>
  )
}

/** Mutes, or turns on the microphone in text-only mode. One element for both, so that it keeps focus. */
function Microphone({ isOff }: { isOff: boolean }) {
  const { texts, commands } = useAssistantView()
  const microphone = useViewState(selectMicrophone)
  const isMuted = microphone === 'muted'
  // The user may mute a microphone that the system has muted, so that it stays muted.
  const isUsable = isMuted || microphone === 'live' || microphone === 'muted-by-system'
  const toggle = isMuted ? commands.unmute : commands.mute
  return (
    <IconButton
      part="microphone"
      icon={microphone === 'live' ? micIcon : micOffIcon}
      label={isOff ? texts.addVoice : texts.mute}
      aria-pressed={isOff ? undefined : isMuted}
      isInert={!isOff && !isUsable}
      onClick={isOff ? () => commands.setTalkMode('hands-free') : toggle}
    >
      <LevelMeter audioSource="microphone" />
    </IconButton>
  )
}

function Interrupt() {
  const { texts, commands } = useAssistantView()
  const isSpeaking = useViewState(selectIsSpeaking)
  return (
    <IconButton
      part="interrupt"
      icon={stopIcon}
      label={texts.interrupt}
      isInert={!isSpeaking}
      onClick={commands.interrupt}
    />
  )
}

/** The buttons of the call. */
export const Controls = definePart(function Controls({ className }: PartProps) {
  const { texts } = useAssistantView()
  const status = useViewState(selectConnectionStatus)
  const isOn = status === 'connected' || status === 'reconnecting'
  const talk = useViewState(selectTalk)
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset has its own margins, borders and minimum width.
    <div data-rva-part="controls" className={className} role="group" aria-label={texts.controls}>
      {isOn && (talk === 'push-to-talk' ? <TalkButton /> : <Microphone isOff={talk === 'text'} />)}
      <DeviceMenu />
      {isOn && <Interrupt />}
      <Primary />
    </div>
  )
})
