/** One of the assistant's icons: lines on a 24 × 24 grid, in the colour of the text. */
export interface Drawing {
  name: string
  path: string
  isSolid?: boolean
  transform?: string
}

/** A decorative icon. The text beside it, or its button's name, carries the meaning. */
export function Icon({ drawing: { name, path, isSolid, transform } }: { drawing: Drawing }) {
  return (
    <svg
      data-rva-part="icon"
      data-icon={name}
      viewBox="0 0 24 24"
      fill={isSolid ? 'currentColor' : 'none'}
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={path} transform={transform} />
    </svg>
  )
}

const handset =
  'M6.5 3.5h2.6l1.5 4.4-2.1 1.7a12.5 12.5 0 0 0 5.9 5.9l1.7-2.1 4.4 1.5v2.6a2 2 0 0 1-2.1 2A16 16 0 0 1 4.5 5.6a2 2 0 0 1 2-2.1Z'
const up = 'M12 19V5M6 11l6-6 6 6'

export const phoneIcon: Drawing = { name: 'phone', path: handset }
export const hangUpIcon: Drawing = { name: 'hang-up', path: handset, transform: 'rotate(135 12 12)' }
export const micIcon: Drawing = {
  name: 'mic',
  path: 'M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3ZM5 11a7 7 0 0 0 14 0M12 18v3',
}
export const micOffIcon: Drawing = {
  name: 'mic-off',
  path: 'M15 10V6a3 3 0 0 0-5.7-1.3M9 9v2a3 3 0 0 0 4.6 2.5M5 11a7 7 0 0 0 11.2 5.6M19 11a7 7 0 0 1-.5 2.6M12 18v3M4 4l16 16',
}
export const stopIcon: Drawing = {
  name: 'stop',
  path: 'M8 6h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H8a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2Z',
}
export const sendIcon: Drawing = { name: 'send', path: up }
export const plusIcon: Drawing = { name: 'plus', path: 'M12 5v14M5 12h14' }
export const closeIcon: Drawing = { name: 'close', path: 'm7 7 10 10M17 7 7 17' }
export const retryIcon: Drawing = { name: 'retry', path: 'M20 12a8 8 0 1 1-2.5-5.8M20 4v4.5h-4.5' }
export const warningIcon: Drawing = {
  name: 'warning',
  path: 'M12 4 2.8 19.5h18.4L12 4ZM12 10v4.5M12 17v.1',
}
export const slidersIcon: Drawing = {
  name: 'sliders',
  path: 'M3 8h9M18 8h3M3 16h3M12 16h9M18 8a3 3 0 1 1-6 0 3 3 0 0 1 6 0ZM12 16a3 3 0 1 1-6 0 3 3 0 0 1 6 0Z',
}
export const historyIcon: Drawing = {
  name: 'history',
  path: 'M4 12a8 8 0 1 0 2.5-5.8M4 4v4.5h4.5M12 8v4.3l2.8 1.7',
}
export const dotIcon: Drawing = {
  name: 'dot',
  path: 'M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0Z',
  isSolid: true,
}
export const keyboardIcon: Drawing = {
  name: 'keyboard',
  path: 'M5 6.5h14a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2ZM7 10.5h.1M10.3 10.5h.1M13.6 10.5h.1M17 10.5h.1M8.5 14h7',
}
export const upIcon: Drawing = { name: 'up', path: up }
export const downIcon: Drawing = { name: 'down', path: 'M12 5v14M6 13l6 6 6-6' }
export const soundIcon: Drawing = {
  name: 'sound',
  path: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5H4ZM15.5 9a4.3 4.3 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11',
}
export const infoIcon: Drawing = {
  name: 'info',
  path: 'M20.5 12a8.5 8.5 0 1 1-17 0 8.5 8.5 0 0 1 17 0ZM12 11v5M12 8v.1',
}
export const gapIcon: Drawing = { name: 'gap', path: 'M3 12h4.5M16.5 12H21M10.5 12h.1M13.4 12h.1' }
export const toolIcon: Drawing = {
  name: 'tool',
  path: 'M14.5 6.2a4.2 4.2 0 0 1 5.3-.7l-2.9 2.9 1.7 1.7 2.9-2.9a4.2 4.2 0 0 1-6 5L8.9 18.8a2 2 0 0 1-2.8 0l-.4-.4a2 2 0 0 1 0-2.8l6.6-6.5a4.2 4.2 0 0 1 2.2-2.9Z',
}
export const windowIcon: Drawing = {
  name: 'window',
  path: 'M20 10V6.5a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v9a2 2 0 0 0 2 2h4M14.5 13h5a1.5 1.5 0 0 1 1.5 1.5v4a1.5 1.5 0 0 1-1.5 1.5h-5a1.5 1.5 0 0 1-1.5-1.5v-4a1.5 1.5 0 0 1 1.5-1.5Z',
}
