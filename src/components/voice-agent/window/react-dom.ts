import { VoiceAgentError } from '../../../../store/index.js'

/**
 * Loads `react-dom`, an optional peer. In a `try`, so that bundlers accept an app without it.
 *
 * @throws VoiceAgentError `chunk-load-failed`
 */
export async function loadReactDom() {
  try {
    return await import('react-dom')
  } catch (cause) {
    throw new VoiceAgentError(
      'chunk-load-failed',
      '`VoiceAssistantPictureInPicture` needs `react-dom`, which is an optional peer dependency: install it beside `react`.',
      { cause },
    )
  }
}
