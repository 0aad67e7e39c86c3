/** A screenshot of a story. */
export interface Picture {
  file: string
  title: string
  name: string
  theme: string
  size: string
}

const escapeText = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`)

function row(pictures: Picture[]): string {
  const [first] = pictures
  const images = pictures
    .map(
      ({ file, theme, size }) =>
        `<a href="${file}"><img loading="lazy" class="${size}" src="${file}" alt="${escapeText(`${first?.name}, ${theme}, ${size}`)}"></a>`,
    )
    .join('')
  return `<section><h2>${escapeText(`${first?.title}: ${first?.name}`)}</h2><div>${images}</div></section>`
}

/** Builds a page of all screenshots, with one row per story. */
export function overview(pictures: Picture[]): string {
  const rows = new Map<string, Picture[]>()
  for (const picture of pictures) {
    const story = `${picture.title}/${picture.name}`
    rows.set(story, [...(rows.get(story) ?? []), picture])
  }
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Stories</title>
<style>
body { margin: 2rem; background: #888; font: 1rem/1.4 system-ui; }
section > div { display: flex; gap: 1rem; overflow-x: auto; }
img { block-size: 360px; border: 1px solid #0004; }
</style>
<h1>${pictures.length} pictures of ${rows.size} stories</h1>
${[...rows.values()].map(row).join('\n')}
</html>
`
}
