import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { LockScreen } from './components/LockScreen.js'
import { isPasskeyOn } from './labs.js'

/** Shows the shop. If its conversations are locked with a passkey, asks for it first. */
export function showShop(element: HTMLElement): void {
  const root = createRoot(element)

  /** Loads the shop, which creates its agent. The key must already be open. */
  async function enter(): Promise<void> {
    const [{ App }, { startBackup }] = await Promise.all([import('./App.js'), import('./backup.js')])
    startBackup()
    root.render(
      <StrictMode>
        <App />
      </StrictMode>,
    )
  }

  if (isPasskeyOn)
    root.render(
      <StrictMode>
        <LockScreen onEnter={() => void enter()} />
      </StrictMode>,
    )
  else void enter()
}
