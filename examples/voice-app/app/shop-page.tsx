import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { LockScreen } from './components/LockScreen.js'
import { isPasskeyOn } from './labs.js'

/** Shows the shop, after a passkey has unlocked its conversations if it must. */
export function showShop(element: HTMLElement): void {
  const root = createRoot(element)

  /** Loads the shop, which makes its agent: the key must be open by then. */
  async function enter(): Promise<void> {
    const { App } = await import('./App.js')
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
