import { useEffect, useState } from 'react'
import type { ToolCall } from '../../../../store/index.js'
import { panelCode } from './panel-code.js'

/** Milliseconds between two attempts to load the code. */
const RETRY_AFTER_MS = 3000

/** Buttons for a tool call that waits for the user. Their code is loaded with the panels. */
export function Approval(props: { id: string; tool: ToolCall }) {
  const [panels, setPanels] = useState(panelCode.current)
  useEffect(() => {
    if (panels) return
    let timer: ReturnType<typeof setTimeout>
    const load = () =>
      panelCode.load().then(
        () => setPanels(panelCode.current()),
        () => {
          timer = setTimeout(() => void load(), RETRY_AFTER_MS)
        },
      )
    void load()
    return () => clearTimeout(timer)
  }, [panels])
  return panels && <panels.ToolApproval {...props} />
}
