import type { Drawing } from '../parts/Icon.js'

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
