import { useEffect, useRef, useState } from 'react'
import { Icon } from '../parts/icons.js'
import { copyIcon } from './icons.js'
import { writeToClipboard } from './transcript-actions.js'
import { usePanelView } from './view.js'

declare const process: { env: { NODE_ENV?: string } }

/** True in a development build. Without `process`, which bundlers replace, assumes production. */
function isDevelopment(): boolean {
  try {
    return process.env.NODE_ENV !== 'production'
  } catch {
    return false
  }
}

/** Copies the agent's diagnosis, for a developer. Shows the text if the browser refuses to copy. */
export function Diagnosis() {
  const { texts, source, hasDiagnosis = isDevelopment() } = usePanelView()
  const { agent } = source
  const [isBusy, setIsBusy] = useState(false)
  const [outcome, setOutcome] = useState<'diagnosisCopied' | 'diagnosisNotCopied' | 'diagnosisFailed' | null>(
    null,
  )
  const [uncopied, setUncopied] = useState<string | null>(null)
  const root = useRef<HTMLDivElement>(null)
  // In a narrow assistant, the outcome is below the part of the panel that shows.
  useEffect(() => {
    if (outcome) root.current?.scrollIntoView({ block: 'nearest' })
  }, [outcome])
  if (!hasDiagnosis || !agent) return null

  async function copy(diagnosed: Promise<string>, button: Element) {
    try {
      await writeToClipboard(diagnosed, button)
      setOutcome('diagnosisCopied')
    } catch {
      const text = await diagnosed.catch(() => null)
      setUncopied(text)
      setOutcome(text === null ? 'diagnosisFailed' : 'diagnosisNotCopied')
    }
    setIsBusy(false)
  }

  return (
    <div ref={root} data-rva-part="diagnosis">
      <button
        type="button"
        data-rva-part="notice-action"
        aria-busy={isBusy || undefined}
        onClick={({ currentTarget }) => {
          if (isBusy) return
          setIsBusy(true)
          setOutcome(null)
          setUncopied(null)
          void copy(agent.diagnose(), currentTarget)
        }}
      >
        <Icon drawing={copyIcon} />
        {texts.copyDiagnosis}
      </button>
      <p role="status">{outcome && texts[outcome]}</p>
      {uncopied !== null && <textarea readOnly rows={6} aria-label={texts.copyDiagnosis} value={uncopied} />}
    </div>
  )
}
