import { useEffect, useState } from 'react'

interface Entry {
  id: string
  title: string
  name: string
  type: string
}

/** Links to all stories, by topic. Reads them from Storybook's own index, so that none is missing. */
export function StateIndex() {
  const [entries, setEntries] = useState<Entry[] | null>(null)
  const [error, setError] = useState<string | null>(null)

  useEffect(() => {
    const stopped = new AbortController()
    fetch('./index.json', { signal: stopped.signal })
      .then((response) => response.json() as Promise<{ entries: Record<string, Entry> }>)
      .then(({ entries }) => setEntries(Object.values(entries).filter(({ type }) => type === 'story')))
      .catch((reason: unknown) => {
        if (!stopped.signal.aborted) setError(String(reason))
      })
    return () => stopped.abort()
  }, [])

  if (error !== null) return <p role="alert">The list of stories can't be loaded: {error}</p>
  if (entries === null) return <p>Loading the list of stories…</p>
  const titles = [...new Set(entries.map(({ title }) => title))]
  return (
    <>
      <p>
        {entries.length} states in {titles.length} topics.
      </p>
      <div style={{ columns: '13rem' }}>
        {titles.map((title) => (
          <section key={title} style={{ breakInside: 'avoid', paddingBlockEnd: '1rem' }}>
            <h3 style={{ margin: 0 }}>{title.replace('/', ': ')}</h3>
            <ul>
              {entries
                .filter((entry) => entry.title === title)
                .map(({ id, name }) => (
                  <li key={id}>
                    <a href={`./?path=/story/${id}`} target="_top">
                      {name}
                    </a>
                  </li>
                ))}
            </ul>
          </section>
        ))}
      </div>
    </>
  )
}
