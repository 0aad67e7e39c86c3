import { type ReactNode, useEffect } from 'react'

/** A page's title: in the document, in the window, and where the focus goes when the page is opened by a link. */
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
