import type { ReactNode } from 'react'

/** The page around an assistant, with the colour scheme and the size of the story. */
export function Stage({
  theme,
  direction,
  width = 720,
  height = 'min(38rem, calc(100vh - 4rem))',
  children,
}: {
  theme: 'light' | 'dark'
  /** @default the page's direction */
  direction?: 'rtl' | undefined
  width?: number
  height?: number | string
  children: ReactNode
}) {
  const isDark = theme === 'dark'
  return (
    <div
      data-stage={theme}
      dir={direction}
      style={{
        colorScheme: theme,
        minHeight: '100vh',
        boxSizing: 'border-box',
        padding: 'min(2rem, 4vw)',
        background: isDark ? '#0c0d10' : '#eceef2',
      }}
    >
      <div style={{ width, maxWidth: '100%', height, marginInline: 'auto' }}>{children}</div>
    </div>
  )
}
