import {
  createContext,
  type ReactNode,
  type RefObject,
  useContext,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react'

/** Something that a button opens and closes. */
export interface Panel {
  isOpen: boolean
  id: string
  /** What opened it: where focus goes when it closes. */
  trigger: RefObject<HTMLButtonElement | null>
  open: () => void
  close: () => void
}

const ConversationsContext = createContext<Panel | null>(null)
const StatisticsContext = createContext<Panel | null>(null)

function usePanel(): Panel {
  const [isOpen, setIsOpen] = useState(false)
  const id = useId()
  const trigger = useRef<HTMLButtonElement | null>(null)
  return useMemo(
    () => ({ isOpen, id, trigger, open: () => setIsOpen(true), close: () => setIsOpen(false) }),
    [isOpen, id],
  )
}

/** Apart from the view's context, and from each other: nothing but a panel and its button renders when it opens. */
export function PanelProvider({ children }: { children: ReactNode }) {
  const conversations = usePanel()
  const statistics = usePanel()
  return (
    <ConversationsContext.Provider value={conversations}>
      <StatisticsContext.Provider value={statistics}>{children}</StatisticsContext.Provider>
    </ConversationsContext.Provider>
  )
}

/** The list of conversations, open over the transcript or not. Null outside of an assistant. */
export const useConversationsPanel = () => useContext(ConversationsContext)

/** The statistics. Null outside of an assistant. */
export const useStatisticsPanel = () => useContext(StatisticsContext)
