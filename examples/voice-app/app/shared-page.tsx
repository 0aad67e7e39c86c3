import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { continueShare, type OpenedShare } from 'redux-voice-agent/share'
import { SharedConversation } from 'redux-voice-agent/share/react'
import { myKeys, shareServer } from './sharing.js'

/** Shows a shared conversation, without the shop, its store and its agent. */
export function showShared(element: HTMLElement): void {
  const root = createRoot(element)

  /** Loads the shop, whose agent continues the conversation with its own session and token. */
  async function enterShop(share: OpenedShare): Promise<void> {
    // All of it first: after the share has left the page, a failed load could no longer be reported.
    const [{ voiceAgent }, { showShop }] = await Promise.all([
      import('./voice-agent.js'),
      import('./shop-page.js'),
      import('./store.js'),
    ])
    await continueShare(share, voiceAgent.sessionManager)
    root.unmount()
    history.replaceState(null, '', '/')
    showShop(element)
  }

  root.render(
    <StrictMode>
      <main className="shared-page">
        <h1>Kettle &amp; Clay</h1>
        <SharedConversation server={shareServer} keys={myKeys} onContinue={enterShop} />
      </main>
    </StrictMode>,
  )
}
