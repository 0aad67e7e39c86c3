import {
  createContext,
  type ReactNode,
  type RefObject,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react'
import { whenIdle } from './idle.js'
import { useRequired } from './view-context.js'

/** Something that a button opens and closes. */
export interface Panel {
  isOpen: boolean
  /** Its code is still being loaded, which could not be, or neither. */
  loading: 'under-way' | 'failed' | null
  id: string
  /** What opened it: where focus goes when it closes. */
  trigger: RefObject<HTMLButtonElement | null>
  /** Once its code is there, unless it was closed meanwhile. */
  open: () => void
  close: () => void
  /** Loads its code ahead of a press. */
  preload: () => void
}

/** The code of the panels. Passed in, because the panels themselves import this file. */
interface PanelCode {
  current: () => object | null
  load: () => Promise<void>
  preload: () => void
}

/** What the buttons of one assistant open. */
export type Panels = Record<'conversations' | 'statistics' | 'devices', Panel>

const PanelsContext = createContext<Panels | null>(null)

export const usePanels = () => useRequired(PanelsContext)

function usePanel(code: PanelCode): Panel {
  const [state, setState] = useState<'closed' | 'opening' | 'open' | 'failed'>('closed')
  const id = useId()
  const trigger = useRef<HTMLButtonElement | null>(null)
  return useMemo(() => {
    const settle = (next: 'open' | 'failed') => setState((now) => (now === 'opening' ? next : now))
    return {
      isOpen: state === 'open',
      loading: state === 'opening' ? 'under-way' : state === 'failed' ? 'failed' : null,
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
  }, [state, id, code])
}

/** Apart from the view's context: what has no panel does not render when one opens. */
export function PanelProvider({ code, children }: { code: PanelCode; children: ReactNode }) {
  const conversations = usePanel(code)
  const statistics = usePanel(code)
  const devices = usePanel(code)
  const panels = useMemo(() => ({ conversations, statistics, devices }), [conversations, statistics, devices])
  // Before the network is what somebody wants to look into.
  useEffect(() => whenIdle(code.preload), [code])
  return <PanelsContext.Provider value={panels}>{children}</PanelsContext.Provider>
}

/** What a panel's button says of it and does. Whoever comes near it may press it. */
export const buttonOf = ({ isOpen, loading, id, open, close, preload }: Panel) => ({
  'aria-expanded': isOpen,
  'aria-controls': isOpen ? id : undefined,
  'aria-busy': loading === 'under-way' || undefined,
  onClick: isOpen ? close : open,
  onPointerEnter: preload,
  onFocus: preload,
})
