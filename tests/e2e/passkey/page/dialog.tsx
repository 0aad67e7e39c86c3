import { useState } from 'react'
import { createRoot } from 'react-dom/client'
import type { PasskeyKeyProvider } from 'redux-voice-agent/passkey'
import { PasskeyDialog, type PasskeyPurpose } from 'redux-voice-agent/passkey/react'

/** An app that opens the dialog on a click and shows the outcome. */
function App({ keyProvider }: { keyProvider: PasskeyKeyProvider }) {
  const [purpose, setPurpose] = useState<PasskeyPurpose | null>(null)
  const [result, setResult] = useState('nothing')
  const end = (text: string) => {
    setPurpose(null)
    setResult(text)
  }
  return (
    <main>
      {(['open', 'add', 'renew'] as const).map((name) => (
        <button key={name} type="button" onClick={() => setPurpose(name)}>
          start {name}
        </button>
      ))}
      <output>{result}</output>
      {purpose && (
        <PasskeyDialog
          keyProvider={keyProvider}
          purpose={purpose}
          onDone={() => end('done')}
          onClose={() => end('closed')}
        />
      )}
    </main>
  )
}

export function renderDialog(keyProvider: PasskeyKeyProvider): void {
  createRoot(document.body).render(<App keyProvider={keyProvider} />)
}
