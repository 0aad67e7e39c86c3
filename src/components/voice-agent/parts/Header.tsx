import { memo } from 'react'
import type { VoiceAgentState } from '../../../../store/index.js'
import { useTick } from '../hooks/useTick.js'
import { IconButton } from './IconButton.js'
import { Status } from './Status.js'
import { useAssistantView, useViewState } from './view-context.js'

const selectHasMessages = (state: VoiceAgentState) =>
  state.conversation.firstLoadedIndex + state.conversation.messages.count > 0
const selectRunningSince = ({ connection, stats }: VoiceAgentState) =>
  connection.status === 'connected' && stats.endedAt === null ? stats.startedAt : null

function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const pad = (part: number) => String(part).padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`
}

/** How long the session's calls have run. The one thing here that renders every second. */
function CallDuration() {
  const startedAt = useViewState(selectRunningSince)
  useTick(startedAt !== null)
  if (startedAt === null) return null
  return (
    <span data-rva-part="duration" role="timer" aria-live="off">
      {formatDuration(Date.now() - startedAt)}
    </span>
  )
}

/** The title, what is going on, and what concerns the conversation as a whole. */
export const Header = memo(function Header() {
  const { texts, title, commands, primary } = useAssistantView()
  const hasMessages = useViewState(selectHasMessages)
  const startAnew = () => {
    void commands.newSession()
    primary.current?.focus()
  }
  return (
    <header data-rva-part="header">
      <div data-rva-part="heading">
        <h2 data-rva-part="title">{title}</h2>
        <Status />
      </div>
      <CallDuration />
      <IconButton
        part="icon-button"
        icon="plus"
        label={texts.newConversation}
        isInert={!hasMessages}
        onClick={startAnew}
      />
    </header>
  )
})
