import { useState } from 'react'
import { PasskeyDialog } from 'redux-voice-agent/passkey/react'
import { passkey } from '../labs.js'

/** Asks for the passkey before the shop creates its agent. The shop itself needs none. */
export function LockScreen({ onEnter }: { onEnter: () => void }) {
  const [isAsked, setIsAsked] = useState(true)
  return (
    <main className="lock">
      <p className="brand">
        Kettle <span aria-hidden="true">&amp;</span>
        <span className="visually-hidden">and</span> Clay
      </p>
      <h1 className="page-heading">Your conversations are locked</h1>
      <p>Your passkey or recovery code opens them. Without it, the assistant works but saves nothing.</p>
      <div className="actions">
        <button type="button" className="primary" onClick={() => setIsAsked(true)}>
          Unlock
        </button>
        <button type="button" className="quiet" onClick={onEnter}>
          Leave them locked
        </button>
      </div>
      {isAsked && <PasskeyDialog keyProvider={passkey} onDone={onEnter} onClose={() => setIsAsked(false)} />}
    </main>
  )
}
