import type { ReactNode } from 'react'

/** The assistant's few icons, drawn on 24 × 24 with the text's colour. */
const paths = {
  mic: (
    <>
      <rect x="9" y="3" width="6" height="11" rx="3" />
      <path d="M5 11a7 7 0 0 0 14 0M12 18v3" />
    </>
  ),
  'mic-off': (
    <>
      <path d="M15 10V6a3 3 0 0 0-5.7-1.3M9 9v2a3 3 0 0 0 4.6 2.5M5 11a7 7 0 0 0 11.2 5.6M19 11a7 7 0 0 1-.5 2.6M12 18v3" />
      <path d="m4 4 16 16" />
    </>
  ),
  phone: (
    <path d="M6.5 3.5h2.6l1.5 4.4-2.1 1.7a12.5 12.5 0 0 0 5.9 5.9l1.7-2.1 4.4 1.5v2.6a2 2 0 0 1-2.1 2A16 16 0 0 1 4.5 5.6a2 2 0 0 1 2-2.1Z" />
  ),
  'hang-up': (
    <path
      transform="rotate(135 12 12)"
      d="M6.5 3.5h2.6l1.5 4.4-2.1 1.7a12.5 12.5 0 0 0 5.9 5.9l1.7-2.1 4.4 1.5v2.6a2 2 0 0 1-2.1 2A16 16 0 0 1 4.5 5.6a2 2 0 0 1 2-2.1Z"
    />
  ),
  stop: <rect x="6" y="6" width="12" height="12" rx="2" />,
  send: <path d="M12 19V5M6 11l6-6 6 6" />,
  plus: <path d="M12 5v14M5 12h14" />,
  close: <path d="m7 7 10 10M17 7 7 17" />,
  down: <path d="M12 5v14M6 13l6 6 6-6" />,
  up: <path d="M12 19V5M6 11l6-6 6 6" />,
  retry: <path d="M20 12a8 8 0 1 1-2.5-5.8M20 4v4.5h-4.5" />,
  sound: <path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5H4ZM15.5 9a4.3 4.3 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11" />,
  warning: <path d="M12 4 2.8 19.5h18.4L12 4ZM12 10v4.5M12 17v.1" />,
  info: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 11v5M12 8v.1" />
    </>
  ),
  chevron: <path d="m6 9 6 6 6-6" />,
  sliders: (
    <>
      <path d="M3 8h9M18 8h3M3 16h3M12 16h9" />
      <circle cx="15" cy="8" r="3" />
      <circle cx="9" cy="16" r="3" />
    </>
  ),
  history: (
    <>
      <path d="M4 12a8 8 0 1 0 2.5-5.8M4 4v4.5h4.5" />
      <path d="M12 8v4.3l2.8 1.7" />
    </>
  ),
  bin: <path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10.3 11v4.5M13.7 11v4.5" />,
  gap: <path d="M3 12h4.5M16.5 12H21M10.5 12h.1M13.4 12h.1" />,
  tool: (
    <path d="M14.5 6.2a4.2 4.2 0 0 1 5.3-.7l-2.9 2.9 1.7 1.7 2.9-2.9a4.2 4.2 0 0 1-6 5L8.9 18.8a2 2 0 0 1-2.8 0l-.4-.4a2 2 0 0 1 0-2.8l6.6-6.5a4.2 4.2 0 0 1 2.2-2.9Z" />
  ),
  dot: <circle cx="12" cy="12" r="4" fill="currentColor" />,
  keyboard: (
    <>
      <rect x="3" y="6.5" width="18" height="11" rx="2" />
      <path d="M7 10.5h.1M10.3 10.5h.1M13.6 10.5h.1M17 10.5h.1M8.5 14h7" />
    </>
  ),
} satisfies Record<string, ReactNode>

export type IconName = keyof typeof paths

/** Decoration: what it means is said in words beside it, or by its button's name. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      data-rva-part="icon"
      data-icon={name}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {paths[name]}
    </svg>
  )
}
