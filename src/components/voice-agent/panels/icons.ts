import type { Drawing } from '../parts/icons.js'

export const chevronIcon: Drawing = { name: 'chevron', path: 'm6 9 6 6 6-6' }
export const downloadIcon: Drawing = { name: 'download', path: 'M12 4v11M7.5 10.5 12 15l4.5-4.5M5 19.5h14' }
export const uploadIcon: Drawing = { name: 'upload', path: 'M12 15V4M7.5 8.5 12 4l4.5 4.5M5 19.5h14' }
export const copyIcon: Drawing = {
  name: 'copy',
  path: 'M9.5 8.5h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-8a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2ZM4.5 15.5v-10a2 2 0 0 1 2-2h9',
}
export const printIcon: Drawing = {
  name: 'print',
  path: 'M7 8.5v-5h10v5M7 17H4.5v-6.5a2 2 0 0 1 2-2h11a2 2 0 0 1 2 2V17H17M7 14h10v6.5H7V14Z',
}
export const pencilIcon: Drawing = {
  name: 'pencil',
  path: 'm14.5 6.5 3 3M5 19l.8-3.8L16 5a2.1 2.1 0 0 1 3 3L8.8 18.2 5 19Z',
}
export const checkIcon: Drawing = { name: 'check', path: 'm5 12.5 4.5 4.5L19 7.5' }
export const binIcon: Drawing = {
  name: 'bin',
  path: 'M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10.3 11v4.5M13.7 11v4.5',
}
