/**
 * Names this document within its tab, in the same way after a reload. The name is empty for the page itself. For a frame it
 * lists the names or positions of the frames from the top to it.
 *
 * A frame is found again by its `name` or `id`, else by its position among the frames of its parent. In the last case it
 * becomes another realm if a frame is inserted before it.
 */
export function realmName(self: typeof globalThis = globalThis): string {
  const path: string[] = []
  let frame = self as unknown as Window
  // Each level can be read by scripts of another origin, except for names. The limit guards against a hostile `parent`.
  while (frame.parent && frame.parent !== frame && path.length < 10) {
    path.unshift(nameOf(frame) ?? `[${positionOf(frame)}]`)
    frame = frame.parent
  }
  return path.join('/')
}

function nameOf(frame: Window): string | null {
  try {
    return frame.name || frame.frameElement?.id || null
  } catch {
    // A frame of another origin.
    return null
  }
}

function positionOf(frame: Window): number {
  const { parent } = frame
  const siblings = Array.from({ length: parent.length }, (_, index) => parent[index])
  return siblings.indexOf(frame)
}
