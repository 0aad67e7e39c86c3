import {
  createContext,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react'
import { runWhenIdle } from './idle.js'
import { useRequired } from './view-context.js'

/** A panel that a button opens and closes. */
export interface Panel {
  isOpen: boolean
  loading: 'pending' | 'failed' | null
  id: string
  /** The button that opens the panel. It gets the focus when the panel closes. */
  trigger: RefObject<HTMLButtonElement | null>
  /** Opens the panel once its code is loaded, unless `close` is called first. */
  open: () => void
  close: () => void
  /** Loads the code before the user opens the panel. */
  preload: () => void
}

/** Loader of the panels' code. Passed as a prop, because importing it here would create a cycle with the panels. */
interface PanelCode {
  current: () => object | null
  load: () => Promise<void>
  preload: () => void
}

/** The panels of one assistant. */
export type Panels = Record<'conversations' | 'statistics' | 'devices' | 'newConversation', Panel>

const PanelsContext = createContext<Panels | null>(null)

export const usePanels = () => useRequired(PanelsContext)

type PanelState = 'closed' | 'opening' | 'open' | 'failed'

/** @param generation A new one closes the panel, because it showed another agent. */
function usePanel(code: PanelCode, generation: number): Panel {
  const [stored, setStored] = useState<{ state: PanelState; generation: number }>({
    state: 'closed',
    generation,
  })
  const state = stored.generation === generation ? stored.state : 'closed'
  const id = useId()
  const trigger = useRef<HTMLButtonElement | null>(null)
  return useMemo(() => {
    const setState = (next: PanelState) => setStored({ state: next, generation })
    const settle = (next: PanelState) =>
      setStored((now) =>
        now.state === 'opening' && now.generation === generation ? { state: next, generation } : now,
      )
    return {
      isOpen: state === 'open',
      loading: state === 'opening' ? 'pending' : state === 'failed' ? 'failed' : null,
      id,
      trigger,
      open() {
        setState(code.current() ? 'open' : 'opening')
        code.load().then(
          () => settle('open'),
          () => settle('failed'),
        )
      },
      close: () => setState('closed'),
      preload: code.preload,
    }
  }, [state, id, code, generation])
}

/** A separate context from the view's, so that parts without a panel do not re-render when one opens. */
export function PanelProvider({
  code,
  generation,
  children,
}: {
  code: PanelCode
  generation: number
  children: ReactNode
}) {
  const conversations = usePanel(code, generation)
  const statistics = usePanel(code, generation)
  const devices = usePanel(code, generation)
  const newConversation = usePanel(code, generation)
  const panels = useMemo(
    () => ({ conversations, statistics, devices, newConversation }),
    [conversations, statistics, devices, newConversation],
  )
  // Loads early, so that the statistics can still be opened after the network is lost.
  useEffect(() => runWhenIdle(code.preload), [code])
  return <PanelsContext.Provider value={panels}>{children}</PanelsContext.Provider>
}

/** Closes an open panel on Escape, which returns the focus to its button. */
export function closeOnEscape(event: KeyboardEvent, { isOpen, close, trigger }: Panel): void {
  if (!isOpen || event.key !== 'Escape' || event.defaultPrevented) return
  // Otherwise Escape would also close the app's modal dialog around the assistant.
  event.preventDefault()
  event.stopPropagation()
  close()
  trigger.current?.focus()
}

/** Props of a panel's button. It preloads the code on hover and focus. */
export const getPanelButtonProps = (panel: Panel) => {
  const { isOpen, loading, id, open, close, preload } = panel
  return {
    'aria-expanded': isOpen,
    'aria-controls': isOpen ? id : undefined,
    'aria-busy': loading === 'pending' || undefined,
    onClick: isOpen ? close : open,
    onKeyDown: (event: KeyboardEvent) => closeOnEscape(event, panel),
    onPointerEnter: preload,
    onFocus: preload,
  }
}
