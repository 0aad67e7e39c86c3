import { NoticeSlot } from './notices/NoticeSlot.js'
import { Composer } from './parts/Composer.js'
import { Controls } from './parts/Controls.js'
import { Dock } from './parts/Dock.js'
import { Header } from './parts/Header.js'
import { Statistics } from './parts/Statistics.js'
import { Transcript } from './parts/Transcript.js'
import { VoiceAssistantRoot, type VoiceAssistantRootProps } from './VoiceAssistantRoot.js'

/** Props of {@link WebRTCVoiceAssistant}. */
export type WebRTCVoiceAssistantProps = Omit<VoiceAssistantRootProps, 'children'>

/**
 * The complete voice assistant: transcript, composer, call controls, and a notice with a next step for each problem.
 * Its styles are included; customize them with `--rva-*` properties and `[data-rva-part]` selectors.
 * Unmounting it ends the call only if the component created the agent.
 *
 * @example
 * <WebRTCVoiceAssistant config={{ apiEndpoint: '/api/voice-agent' }} title="Ask the shop" />
 */
export function WebRTCVoiceAssistant(props: WebRTCVoiceAssistantProps) {
  return (
    <VoiceAssistantRoot {...props}>
      <Header />
      <Statistics />
      <NoticeSlot />
      <Transcript />
      <Dock>
        <Composer />
        <Controls />
      </Dock>
    </VoiceAssistantRoot>
  )
}
