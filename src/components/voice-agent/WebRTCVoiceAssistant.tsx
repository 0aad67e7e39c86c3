import { NoticeSlot } from './notices/NoticeSlot.js'
import { Composer } from './parts/Composer.js'
import { Controls } from './parts/Controls.js'
import { Dock } from './parts/Dock.js'
import { Header } from './parts/Header.js'
import { Statistics } from './parts/Statistics.js'
import { Transcript } from './parts/Transcript.js'
import { VoiceAssistantRoot, type VoiceAssistantRootProps } from './VoiceAssistantRoot.js'

export type WebRTCVoiceAssistantProps = Omit<VoiceAssistantRootProps, 'children'>

/**
 * The voice assistant, ready to ship: transcript, composer, call controls, and every trouble with its next step.
 * It brings its styles along; `--rva-*` properties and `[data-rva-part]` change them.
 * Leaving a page that shows it ends the call only when the agent is the component's own.
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
