import { type ReactNode, useEffect } from 'react'

/** Heading and document title of a page. Focused when a link opens the page. */
export function PageHeading({ title, children }: { title: string; children?: ReactNode }) {
  useEffect(() => {
    document.title = title === 'Kettle & Clay' ? title : `${title} · Kettle & Clay`
  }, [title])
  return (
    <h1 className="page-heading" tabIndex={-1}>
      {children ?? title}
    </h1>
  )
}
