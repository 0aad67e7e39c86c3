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

/** A link leaves the call running in this page. */
const Link = ({ children, href, title }: ComponentProps<'a'>) => (
  <a href={href} title={title} target="_blank" rel="noopener noreferrer">
    {children}
  </a>
)

/** Not loaded, because its server would learn of the conversation. */
const Picture = ({ alt = '' }: ComponentProps<'img'>) => <em>{alt}</em>

/** The headings of a message are not those of the page. */
const Heading = ({ children }: { children?: ReactNode }) => (
  <p>
    <strong>{children}</strong>
  </p>
)

const headings = Object.fromEntries(['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((name) => [name, Heading]))

const options: MarkdownToJSX.Options = {
  // HTML in the agent's words is text.
  disableParsingRawHTML: true,
  // The same elements around the first paragraph when others follow.
  forceBlock: true,
  forceWrapper: true,
  overrides: { ...headings, a: Link, img: Picture, pre: Code },
  // Keeps the user's selection while the text grows.
  renderRule: (next, node, _children, { key }) =>
    node.type === RuleType.text ? <VoiceAssistantText key={key} text={node.text} /> : next(),
}
const growing: MarkdownToJSX.Options = { ...options, optimizeForStreaming: true }

/** Markdown as elements. Never sets HTML, and leaves out links that run code. */
export function RichText({ text, isGrowing }: { text: string; isGrowing: boolean }) {
  return (
    <div className="rich">
      <Markdown options={isGrowing ? growing : options}>{text}</Markdown>
    </div>
  )
}
