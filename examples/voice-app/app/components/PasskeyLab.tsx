import { useEffect, useId, useState } from 'react'
import { isPasskeySupported, type PasskeyStatus } from 'redux-voice-agent/passkey'
import { PasskeyDialog, type PasskeyPurpose } from 'redux-voice-agent/passkey/react'
import { choosePasskey, isPasskeyOn, passkey, readStoragePlace } from '../labs.js'
import { voiceAgent } from '../voice-agent.js'

const dates = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' })

/** Returns the passkeys that are set up; null until they are read. */
function usePasskeyStatus(): PasskeyStatus | null {
  const [status, setStatus] = useState<PasskeyStatus | null>(null)
  useEffect(() => {
    let isStale = false
    const read = async () => {
      const next = await passkey.status().catch(() => null)
      if (!isStale) setStatus(next)
    }
    void read()
    const unsubscribe = passkey.subscribe(() => void read())
    return () => {
      isStale = true
      unsubscribe()
    }
  }, [])
  return status
}

/** Returns true if the browser can use a passkey as a key; null until that is known. */
function useSupport(): boolean | null {
  const [isSupported, setIsSupported] = useState<boolean | null>(null)
  useEffect(() => {
    void isPasskeySupported().then(setIsSupported)
  }, [])
  return isSupported
}

async function deleteEverything(): Promise<void> {
  await voiceAgent.sessionManager.eraseAll()
  choosePasskey(false)
  location.reload()
}

function lock(): void {
  passkey.lock()
  // A reload also clears the displayed conversations from memory.
  location.reload()
}

/** Locks the conversations in this browser with a passkey. */
export function PasskeyLab() {
  const heading = useId()
  const [purpose, setPurpose] = useState<PasskeyPurpose | null>(null)
  const [isNew, setIsNew] = useState(false)
  const close = () => setPurpose(null)
  const onDone = () => {
    close()
    if (purpose !== 'open') return
    choosePasskey(true)
    setIsNew(true)
  }
  return (
    <section aria-labelledby={heading}>
      <h2 id={heading}>Lock conversations with a passkey</h2>
      {isPasskeyOn ? (
        <Enrolled onAsk={setPurpose} />
      ) : isNew ? (
        <div role="status" className="notice">
          <p>
            Your passkey is ready. From the next page load, only your passkey or recovery code can open your
            conversations.
          </p>
          <button type="button" className="primary" onClick={() => location.reload()}>
            Reload and lock
          </button>
        </div>
      ) : (
        <NotEnrolled onSetUp={() => setPurpose('open')} />
      )}
      {purpose && <PasskeyDialog keyProvider={passkey} purpose={purpose} onDone={onDone} onClose={close} />}
    </section>
  )
}

function NotEnrolled({ onSetUp }: { onSetUp: () => void }) {
  const isSupported = useSupport()
  if (readStoragePlace() !== 'indexeddb') return <p>Store conversations in IndexedDB first.</p>
  if (isSupported === false)
    return (
      <p className="notice" role="status">
        This browser can't lock conversations with a passkey: passkeys with the PRF extension are missing.
        Chromium, Safari 18 and Firefox 139 have them, on HTTPS and on localhost.
      </p>
    )
  return (
    <>
      <p>
        After that, only your fingerprint, face, PIN or security key can open the conversations in this
        browser. You also get a recovery code, in case you lose your passkey.
      </p>
      <button type="button" className="quiet" disabled={isSupported === null} onClick={onSetUp}>
        Set up a passkey
      </button>
    </>
  )
}

function Enrolled({ onAsk }: { onAsk: (purpose: PasskeyPurpose) => void }) {
  const status = usePasskeyStatus()
  const [isLeaving, setIsLeaving] = useState(false)
  const [hasFailed, setHasFailed] = useState(false)
  const leave = () => {
    setHasFailed(false)
    deleteEverything().catch(() => setHasFailed(true))
  }
  if (!status) return <p>Reading your passkeys…</p>
  const isOpen = status.state === 'open'
  return (
    <>
      <p>
        Conversations: <strong>{isOpen ? 'unlocked on this page' : 'locked'}</strong>
      </p>
      <ul className="passkeys">
        {status.passkeys.map(({ id, createdAt }, index) => (
          <li key={id}>
            Passkey {index + 1} <span className="fine">since {dates.format(createdAt)}</span>
          </li>
        ))}
      </ul>
      <div className="actions">
        {isOpen ? (
          <>
            <button type="button" className="quiet" onClick={lock}>
              Lock now
            </button>
            <button type="button" className="quiet" onClick={() => onAsk('add')}>
              Add a passkey
            </button>
            <button type="button" className="quiet" onClick={() => onAsk('renew')}>
              New recovery code
            </button>
          </>
        ) : (
          <button type="button" className="primary" onClick={() => location.reload()}>
            Unlock
          </button>
        )}
      </div>
      {isLeaving ? (
        <div className="notice">
          <p>Only the passkey opens these conversations, so all of them are deleted with it, in every tab.</p>
          <div className="actions">
            <button type="button" className="quiet" onClick={leave}>
              Delete all of them
            </button>
            <button type="button" className="quiet" onClick={() => setIsLeaving(false)}>
              Keep them
            </button>
          </div>
          {hasFailed && <p role="alert">The conversations couldn't be deleted. Try again.</p>}
        </div>
      ) : (
        <button type="button" className="plain" onClick={() => setIsLeaving(true)}>
          Stop using a passkey
        </button>
      )}
    </>
  )
}
