import { type FormEvent, useEffect, useId, useMemo, useRef, useState } from 'react'
import type { Message } from 'redux-voice-agent'
import { useMessages } from 'redux-voice-agent/react'
import {
  defaultShareTexts,
  previewShare,
  ShareError,
  type SharePreview,
  type ShareReceipt,
  type ShareRole,
} from 'redux-voice-agent/share'
import { toPerson } from 'redux-voice-agent/share/people'
import { SharedMessages } from 'redux-voice-agent/share/react'
import {
  addReceipt,
  loadReceipts,
  makeMyKeys,
  onReceiptsElsewhere,
  openSharing,
  removeReceipt,
} from '../sharing.js'

const dates = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' })
const hour = 60 * 60 * 1000
const lifetimes: Record<string, number> = { 'An hour': hour, 'A day': 24 * hour, 'A week': 7 * 24 * hour }
const roles: Record<ShareRole, string> = {
  view: 'Read',
  comment: 'Read and comment',
  continue: 'Read, comment and continue',
}

const textOf = (error: unknown) =>
  error instanceof ShareError ? defaultShareTexts.errors[error.code] : "It couldn't be shared."

/** Distinguishes the preview from the conversation itself, which is on the same page. */
const previewTexts = { conversation: 'Preview' }

const labelOf = ({ role, text, tool, speechMs }: Message, index: number) =>
  `${index + 1}. ${tool ? `Tool: ${tool.name}` : text || (speechMs === undefined ? role : 'Spoken')}`.slice(
    0,
    60,
  )

/** Shares a range of the conversation, and lists the shares that this browser has made. */
export function SharingLab() {
  const heading = useId()
  const messages = useMessages()
  const [isOpen, setIsOpen] = useState(false)
  const [receipts, setReceipts] = useState(loadReceipts)
  useEffect(() => onReceiptsElsewhere(setReceipts), [])
  return (
    <section aria-labelledby={heading}>
      <h2 id={heading}>Share a conversation</h2>
      {messages.length === 0 ? (
        <p>Start a conversation first.</p>
      ) : !isOpen ? (
        <button type="button" className="quiet" onClick={() => setIsOpen(true)}>
          Share this conversation
        </button>
      ) : (
        <ShareForm messages={messages} onShared={(receipt) => setReceipts(addReceipt(receipt))} />
      )}
      <Receipts receipts={receipts} onRevoked={(id) => setReceipts(removeReceipt(id))} />
      <MyPublicKey />
    </section>
  )
}

interface ShareFormProps {
  messages: readonly Message[]
  onShared: (receipt: ShareReceipt) => void
}

function ShareForm({ messages, onShared }: ShareFormProps) {
  const [range, setRange] = useState<{ from?: string; to?: string }>({})
  const [includeTools, setIncludeTools] = useState(false)
  const [role, setRole] = useState<ShareRole>('view')
  const [lifetime, setLifetime] = useState('A day')
  const [publicKey, setPublicKey] = useState('')
  const [link, setLink] = useState('')
  const [problem, setProblem] = useState('')
  const preview = useMemo(() => tryPreview(messages, range, includeTools), [messages, range, includeTools])
  // A ref, because two clicks may arrive before the next render.
  const running = useRef<AbortController | null>(null)
  // The link could no longer be shown.
  useEffect(() => () => running.current?.abort(), [])
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (!preview || running.current) return
    running.current = new AbortController()
    setLink('')
    setProblem('')
    try {
      const to = publicKey.trim()
      const shared = await openSharing().share(preview, {
        role,
        expiresInMs: lifetimes[lifetime] ?? hour,
        ...(to ? { to: toPerson(to) } : {}),
        signal: running.current.signal,
      })
      // Saves the receipt first: if the storage is full, this throws, and the link is not shown.
      onShared(shared.receipt)
      setLink(shared.link)
    } catch (error) {
      setProblem(textOf(error))
    } finally {
      running.current = null
    }
  }
  const choices = messages.map((message, index) => (
    <option key={message.id} value={message.id}>
      {labelOf(message, index)}
    </option>
  ))
  return (
    <form onSubmit={(event) => void submit(event)} className="sharing" autoComplete="off">
      <label>
        From
        <select
          value={range.from ?? messages[0]?.id}
          onChange={({ target }) => setRange({ ...range, from: target.value })}
        >
          {choices}
        </select>
      </label>
      <label>
        To
        <select
          value={range.to ?? messages.at(-1)?.id}
          onChange={({ target }) => setRange({ ...range, to: target.value })}
        >
          {choices}
        </select>
      </label>
      <label>
        The reader may
        <select value={role} onChange={({ target }) => setRole(target.value as ShareRole)}>
          {Object.entries(roles).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label>
        For
        <select value={lifetime} onChange={({ target }) => setLifetime(target.value)}>
          {Object.keys(lifetimes).map((label) => (
            <option key={label}>{label}</option>
          ))}
        </select>
      </label>
      <label>
        Public key of one person (optional)
        <input type="text" value={publicKey} onChange={({ target }) => setPublicKey(target.value)} />
      </label>
      <label className="choice">
        <input
          type="checkbox"
          checked={includeTools}
          onChange={({ target }) => setIncludeTools(target.checked)}
        />
        Include what tools received and answered
      </label>
      {preview ? (
        <Preview preview={preview} />
      ) : (
        <p className="notice">There is nothing to share in this range.</p>
      )}
      <button type="submit" className="primary" disabled={!preview}>
        Create a link
      </button>
      {problem && <p role="alert">{problem}</p>}
      {link && (
        <div role="status" className="notice">
          <p>Anyone with this link can open the copy. It is shown only now.</p>
          <input
            type="text"
            readOnly
            aria-label="Link"
            value={link}
            onFocus={({ target }) => target.select()}
          />
        </div>
      )}
    </form>
  )
}

function tryPreview(
  messages: readonly Message[],
  range: { from?: string; to?: string },
  includeTools: boolean,
): SharePreview | null {
  try {
    return previewShare({ messages, ...range, includeTools })
  } catch {
    return null
  }
}

function Preview({ preview: { messages, omitted, bytes } }: { preview: SharePreview }) {
  return (
    <>
      <p>
        {messages.length} messages, {(bytes / 1000).toFixed(1)} kB. Left out: {omitted.tools} tool calls,{' '}
        {omitted.unsent} texts that were not sent.
      </p>
      <div className="share-preview">
        <SharedMessages messages={messages} texts={previewTexts} />
      </div>
    </>
  )
}

function Receipts({ receipts, onRevoked }: { receipts: ShareReceipt[]; onRevoked: (id: string) => void }) {
  const [problem, setProblem] = useState('')
  const revoke = async (receipt: ShareReceipt) => {
    setProblem('')
    try {
      await openSharing().revoke(receipt)
      onRevoked(receipt.id)
    } catch (error) {
      setProblem(textOf(error))
    }
  }
  return (
    <>
      <ul className="passkeys">
        {receipts.map((receipt) => (
          <li key={receipt.id}>
            {roles[receipt.role]}, until {dates.format(receipt.expiresAt)}{' '}
            <button type="button" className="quiet" onClick={() => void revoke(receipt)}>
              Stop sharing
            </button>
          </li>
        ))}
      </ul>
      {problem && <p role="alert">{problem}</p>}
    </>
  )
}

function MyPublicKey() {
  const [publicKey, setPublicKey] = useState('')
  const [problem, setProblem] = useState('')
  const show = async () => {
    try {
      setPublicKey((await makeMyKeys()).publicKey)
    } catch {
      setProblem("This browser couldn't store a key.")
    }
  }
  return publicKey ? (
    <label className="sharing">
      My public key: others can share with this browser alone
      <input type="text" readOnly value={publicKey} onFocus={({ target }) => target.select()} />
    </label>
  ) : (
    <>
      <button type="button" className="plain" onClick={() => void show()}>
        Show my public key
      </button>
      {problem && <p role="alert">{problem}</p>}
    </>
  )
}
