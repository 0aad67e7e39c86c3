import Markdown, { type MarkdownToJSX, RuleType } from 'markdown-to-jsx/react'
import { type ComponentProps, type ReactNode, useRef, useState } from 'react'
import { VoiceAssistantText } from 'redux-voice-agent/react'

/** A block of code, with a button that copies it. */
function Code({ children }: { children?: ReactNode }) {
  const block = useRef<HTMLPreElement | null>(null)
  const [state, setState] = useState('Copy')
  const copy = () =>
    navigator.clipboard.writeText(block.current?.textContent ?? '').then(
      () => setState('Copied'),
      () => setState('Not copied'),
    )
  return (
    <div className="rich-code">
      <button type="button" onClick={() => void copy()}>
        <span aria-live="polite">{state}</span>
        <span className="visually-hidden"> code</span>
      </button>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable element must be reachable by keyboard. */}
      <pre ref={block} tabIndex={0}>
        {children}
      </pre>
    </div>
  )
}

/** Opens in a new tab, so that the call keeps running in this page. */
const Link = ({ children, href, title }: ComponentProps<'a'>) => (
  <a href={href} title={title} target="_blank" rel="noopener noreferrer">
    {children}
  </a>
)

/** Not loaded, because the picture's server would learn about the conversation. */
const Picture = ({ alt = '' }: ComponentProps<'img'>) => <em>{alt}</em>

/** A message's headings must not become headings of the page. */
const Heading = ({ children }: { children?: ReactNode }) => (
  <p>
    <strong>{children}</strong>
  </p>
)

const headings = Object.fromEntries(['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((name) => [name, Heading]))

const options: MarkdownToJSX.Options = {
  // Shows HTML in the agent's words as text.
  disableParsingRawHTML: true,
  // Keeps the elements around the first paragraph when others follow.
  forceBlock: true,
  forceWrapper: true,
  overrides: { ...headings, a: Link, img: Picture, pre: Code },
  // Keeps the user's selection while the text grows.
  renderRule: (next, node, _children, { key }) =>
    node.type === RuleType.text ? <VoiceAssistantText key={key} text={node.text} /> : next(),
}
const growing: MarkdownToJSX.Options = { ...options, optimizeForStreaming: true }

/** Renders Markdown as elements. Never sets HTML, and drops links that run code. */
export function RichText({ text, isGrowing }: { text: string; isGrowing: boolean }) {
  return (
    <div className="rich">
      <Markdown options={isGrowing ? growing : options}>{text}</Markdown>
    </div>
  )
}
