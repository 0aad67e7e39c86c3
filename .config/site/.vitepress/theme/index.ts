import DefaultTheme from 'vitepress/theme'
import './contrast.css'
import './narrow.css'

/** On a phone, a state diagram is wider than the page. Its first state is in the middle, so the reader starts there. */
function showFirstStates(): void {
  for (const diagram of document.querySelectorAll(
    'svg[aria-roledescription="stateDiagram"]:not([data-shown])',
  )) {
    diagram.setAttribute('data-shown', '')
    const box = diagram.closest('.mermaid')
    if (box) box.scrollLeft = (box.scrollWidth - box.clientWidth) / 2
  }
}

export default {
  extends: DefaultTheme,
  enhanceApp() {
    if (!import.meta.env.SSR)
      new MutationObserver(showFirstStates).observe(document, { childList: true, subtree: true })
  },
}
