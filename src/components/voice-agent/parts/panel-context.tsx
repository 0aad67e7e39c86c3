import {
  createContext,
  type ReactNode,
  type RefObject,
  useContext,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react'
import { whenIdle } from './idle.js'
import { loadedPanels, loadPanels, preloadPanels } from './panel-loading.js'

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
}

const ConversationsContext = createContext<Panel | null>(null)
const StatisticsContext = createContext<Panel | null>(null)
const DevicesContext = createContext<Panel | null>(null)
const FailedContext = createContext<Panel | null>(null)

function usePanel(): Panel {
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
        setState(loadedPanels() ? 'open' : 'opening')
        loadPanels().then(
          () => settle('open'),
          () => settle('failed'),
        )
      },
      close: () => setState('closed'),
    }
  }, [state, id])
}

/** Apart from the view's context, and from each other: nothing but a panel and its button renders when it opens. */
export function PanelProvider({ children }: { children: ReactNode }) {
  const conversations = usePanel()
  const statistics = usePanel()
  const devices = usePanel()
  const failed = [conversations, statistics, devices].find(({ loading }) => loading === 'failed') ?? null
  // Before the network is what somebody wants to look into.
  useEffect(() => whenIdle(preloadPanels), [])
  return (
    <ConversationsContext.Provider value={conversations}>
      <StatisticsContext.Provider value={statistics}>
        <DevicesContext.Provider value={devices}>
          <FailedContext.Provider value={failed}>{children}</FailedContext.Provider>
        </DevicesContext.Provider>
      </StatisticsContext.Provider>
    </ConversationsContext.Provider>
  )
}

/** The list of conversations, open over the transcript or not. Null outside of an assistant. */
export const useConversationsPanel = () => useContext(ConversationsContext)

/** The statistics. Null outside of an assistant. */
export const useStatisticsPanel = () => useContext(StatisticsContext)

/** Microphone, speaker and volume. Null outside of an assistant. */
export const useDevicesPanel = () => useContext(DevicesContext)

/** The panel that could not be loaded, if one could not. */
export const useFailedPanel = () => useContext(FailedContext)

/** What a panel's button says of it and does. Whoever comes near it may press it. */
export const buttonOf = ({ isOpen, loading, id, open, close }: Panel) => ({
  'aria-expanded': isOpen,
  'aria-controls': isOpen ? id : undefined,
  'aria-busy': loading === 'under-way' || undefined,
  onClick: isOpen ? close : open,
  onPointerEnter: preloadPanels,
  onFocus: preloadPanels,
})
