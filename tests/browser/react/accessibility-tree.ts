import { cdp } from 'vitest/browser'

interface AccessibilityNode {
  nodeId: string
  ignored: boolean
  role?: { value: string }
  name?: { value: string }
  description?: { value: string }
  properties?: { name: string; value: { value?: unknown } }[]
  childIds?: string[]
  parentId?: string
}

interface FrameTree {
  frame: { id: string; url: string }
  childFrames?: FrameTree[]
}

/** The parts of the Chrome DevTools Protocol that the tests use. */
const protocol = cdp as unknown as () => {
  send<Answer>(method: string, parameters?: object): Promise<Answer>
}

/** Emulates media features, for example `{ 'forced-colors': 'active' }`. Without arguments, it resets them. */
export function preferSystem(features: Record<string, string> = {}): Promise<void> {
  const list = Object.entries(features).map(([name, value]) => ({ name, value }))
  return protocol().send('Emulation.setEmulatedMedia', { features: list })
}

/** Switches between print and screen media. */
export const emulatePaper = (isPaper: boolean): Promise<void> =>
  protocol().send('Emulation.setEmulatedMedia', { media: isPaper ? 'print' : '' })

/** Makes touch the only pointer, or disables it. */
export const emulateTouch = (enabled: boolean): Promise<void> =>
  protocol().send('Emulation.setTouchEmulationEnabled', { enabled })

/** Returns Chromium's accessibility tree for the test's frame. */
export async function accessibilityNodes(): Promise<AccessibilityNode[]> {
  const session = protocol()
  const { frameTree } = await session.send<{ frameTree: FrameTree }>('Page.getFrameTree')
  const frames = (tree: FrameTree): FrameTree[] => [tree, ...(tree.childFrames ?? []).flatMap(frames)]
  const testFrame = frames(frameTree).find(({ frame }) => frame.url === location.href)
  if (!testFrame) throw new Error('The page has no frame with the URL of the test.')
  const parameters = { frameId: testFrame.frame.id }
  return (await session.send<{ nodes: AccessibilityNode[] }>('Accessibility.getFullAXTree', parameters)).nodes
}

const states = ['focused', 'disabled', 'pressed', 'expanded', 'live', 'modal']

function lineOf({ role, name, description, properties = [] }: AccessibilityNode): string {
  const set = properties
    .filter((property) => states.includes(property.name) && property.value.value)
    .map((property) =>
      property.value.value === true ? property.name : `${property.name}=${property.value.value}`,
    )
    .filter((state) => !/=(false|off)$/.test(state))
  return [
    role?.value,
    name?.value && JSON.stringify(name.value),
    ...set,
    description?.value && `(${description.value})`,
  ]
    .filter(Boolean)
    .join(' ')
}

/** Roles that screen readers don't announce. */
const silent = ['none', 'generic', 'InlineTextBox', 'LineBreak', 'paragraph', 'Section', 'StaticText']

/** Reads a region like a screen reader: an indented line with role, name and state per element. Skips text that is part of a name. */
export async function readRegion(name: string): Promise<string[]> {
  const nodes = await accessibilityNodes()
  const byId = new Map(nodes.map((node) => [node.nodeId, node]))
  const region = nodes.find((node) => node.role?.value === 'region' && node.name?.value === name)
  if (!region) throw new Error(`There is no region named ${name}.`)
  const lines: string[] = []
  const read = (node: AccessibilityNode, depth: number, named: string) => {
    const role = node.role?.value ?? ''
    const text = node.name?.value ?? ''
    const isSilent = node.ignored || silent.includes(role)
    if (!isSilent) lines.push('  '.repeat(depth) + lineOf(node))
    else if (role === 'StaticText' && text.trim() !== '' && !named.includes(text.trim()))
      lines.push(`${'  '.repeat(depth)}text ${JSON.stringify(text.trim())}`)
    for (const id of node.childIds ?? []) {
      const child = byId.get(id)
      if (child) read(child, isSilent ? depth : depth + 1, isSilent ? named : text)
    }
  }
  read(region, 0, '')
  return lines
}
