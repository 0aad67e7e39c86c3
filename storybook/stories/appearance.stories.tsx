import { defaultTexts } from 'redux-voice-agent/texts'
import { expect } from 'storybook/test'
import { assistant, type Story } from '../meta.js'
import { scene } from '../scenario.js'
import { agentBegins, agentEnds, earlier, rehydrate, smallTalk, userSays } from '../script.js'

export default { ...assistant, title: 'Assistant/Appearance' }

const conversation = scene(async (scenario) => {
  await scenario.call()
  smallTalk(scenario)
})

export const Dark: Story = { ...conversation, globals: { theme: 'dark' } }

export const DarkTrouble: Story = {
  ...scene(async (scenario) => {
    rehydrate(scenario)
    await scenario.call()
    smallTalk(scenario)
    scenario.emit({ type: 'playbackChanged', playback: 'blocked' })
  }),
  globals: { theme: 'dark' },
}

/** 320 px wide, with a long message, a streaming turn and a notice. */
export const W320: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
    userSays(scenario, `Look at https://example.com/${'kettle-'.repeat(20)}`)
    agentBegins(scenario, 'turn', 'I am looking.')
    scenario.emit({ type: 'microphoneChanged', microphone: 'denied' })
  }),
  parameters: { width: 320 },
  async play({ canvas, canvasElement }) {
    const root = canvasElement.querySelector('[data-rva-part=root]') as HTMLElement
    for (const element of [root, ...root.querySelectorAll('*')]) {
      if (element.closest('[data-rva-part=announcer], svg')) continue
      await expect(element.scrollWidth, element.outerHTML.slice(0, 80)).toBeLessThanOrEqual(
        element.clientWidth || 320,
      )
    }
    for (const button of canvas.getAllByRole('button')) {
      const { width, height } = button.getBoundingClientRect()
      await expect(Math.min(width, height)).toBeGreaterThanOrEqual(44)
    }
  },
}

export const CustomTokens: Story = {
  ...conversation,
  decorators: [
    (Story) => (
      <>
        <style>{`.shop { --rva-accent: light-dark(#a03a12, #f0a887); --rva-accent-fg: light-dark(#fff, #35150a); --rva-accent-soft: light-dark(#fbeee7, #43271c); --rva-radius: 4px; --rva-font: Georgia, serif; }`}</style>
        <Story />
      </>
    ),
  ],
  args: { className: 'shop' },
}

/** The styles of the host page do not change the assistant, and the assistant's do not change the host page. */
export const HostileHostCss: Story = {
  ...conversation,
  decorators: [
    (Story) => (
      <>
        <style>{`@layer host { button { all: unset; background: hotpink; text-transform: uppercase } p { margin: 3rem; color: darkgreen } svg { width: 100px } ul { padding: 9rem } * { letter-spacing: normal } }`}</style>
        <p data-host="" style={{ position: 'absolute', inset: 'auto auto 0 0', margin: 0 }}>
          Of the host
        </p>
        <Story />
      </>
    ),
  ],
  async play({ canvas, canvasElement }) {
    const primary = getComputedStyle(canvas.getByRole('button', { name: 'End conversation' }))
    await expect(primary.textTransform).toBe('none')
    const note = canvasElement.querySelector('[data-rva-part=hint]') as Element
    await expect(getComputedStyle(note).color).not.toBe('rgb(0, 100, 0)')
    const icon = canvasElement.querySelector('[data-rva-part=header] svg')
    await expect(icon?.getBoundingClientRect().width).toBe(20)
    await expect(getComputedStyle(canvasElement.querySelector('[data-host]') as Element).color).toBe(
      'rgb(0, 100, 0)',
    )
  },
}

/** Shows the assistant with forced colours. The screenshots emulate them, and a test asserts them. */
export const ForcedColors: Story = { ...conversation, parameters: { media: { forcedColors: 'active' } } }
export const MoreContrast: Story = { ...conversation, parameters: { media: { contrast: 'more' } } }
export const ReducedMotion: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    userSays(scenario, 'Do you have a kettle that is quiet?')
    agentBegins(scenario, 'turn', 'Two of ours are.')
  }),
  parameters: { media: { reducedMotion: 'reduce' } },
}

/** Text spacing of WCAG 1.4.12, at a text size of 200 %. */
export const TextSpacing200: Story = {
  ...conversation,
  parameters: { width: 360, height: 600 },
  decorators: [
    (Story) => (
      <>
        <style>{`html { font-size: 200% } [data-rva-part=root], [data-rva-part=root] * { letter-spacing: 0.12em !important; word-spacing: 0.16em !important; line-height: 1.5 !important }`}</style>
        <Story />
      </>
    ),
  ],
  async play({ canvasElement }) {
    const root = canvasElement.querySelector('[data-rva-part=root]') as HTMLElement
    await expect(root.scrollWidth).toBeLessThanOrEqual(root.clientWidth)
    // Some lines of the conversation stay visible.
    const viewport = canvasElement.querySelector('[data-rva-part=viewport]') as HTMLElement
    await expect(viewport.clientHeight).toBeGreaterThanOrEqual(144)
    for (const button of root.querySelectorAll('button'))
      await expect(button.scrollWidth, button.outerHTML.slice(0, 80)).toBeLessThanOrEqual(
        button.clientWidth + 1,
      )
  },
}

/** A phone in landscape: the newest turn and the button that ends the call are visible. */
export const ShortLandscape: Story = {
  ...conversation,
  parameters: { width: 640, height: 300 },
  decorators: [
    (Story) => (
      <>
        <style>{'.short { --rva-min-block: 0 }'}</style>
        <Story />
      </>
    ),
  ],
  args: { className: 'short' },
  async play({ canvas, canvasElement }) {
    const root = canvasElement.querySelector('[data-rva-part=root]') as HTMLElement
    await expect(root.getBoundingClientRect().height).toBeLessThanOrEqual(300)
    const viewport = canvasElement.querySelector('[data-rva-part=viewport]') as HTMLElement
    await expect(viewport.clientHeight).toBeGreaterThanOrEqual(72)
    const end = canvas.getByRole('button', { name: 'End conversation' }).getBoundingClientRect()
    await expect(end.bottom).toBeLessThanOrEqual(root.getBoundingClientRect().bottom)
  },
}

export const RTL: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    userSays(scenario, 'هل لديكم غلاية هادئة؟')
    agentBegins(scenario, 'turn', 'نعم، اسمها Tarn وسعرها 59 يورو.')
    agentEnds(scenario, 'turn')
  }),
  decorators: [
    (Story) => (
      <div dir="rtl" style={{ height: '100%' }}>
        <Story />
      </div>
    ),
  ],
  async play({ canvas, canvasElement }) {
    const root = canvasElement.querySelector('[data-rva-part=root]')?.getBoundingClientRect()
    const mine = canvasElement
      .querySelector('[data-role=user] [data-rva-part=bubble]')
      ?.getBoundingClientRect()
    const title = canvas.getByRole('heading', { name: 'مساعد المتجر' }).getBoundingClientRect()
    // The user's messages are at the end of the line, which is on the left; the title begins on the right.
    await expect((mine?.left ?? 0) - (root?.left ?? 0)).toBeLessThan(40)
    await expect((root?.right ?? 0) - title.right).toBeLessThan(40)
  },
  args: {
    title: 'مساعد المتجر',
    texts: {
      locale: 'ar',
      end: 'إنهاء المحادثة',
      messagePlaceholder: 'اكتب رسالة',
      status: { ...defaultTexts.status, listening: 'أستمع إليك' },
    },
  },
}

export const RTLScrolledUp: Story = {
  ...scene((scenario) => rehydrate(scenario, earlier(40))),
  decorators: RTL.decorators ?? [],
  async play({ canvas, canvasElement }) {
    const viewport = canvasElement.querySelector('[data-rva-part=viewport]') as HTMLElement
    viewport.scrollTop = 200
    const jump = await canvas.findByRole('button', { name: 'Jump to latest' })
    const { left, width } = jump.getBoundingClientRect()
    const view = viewport.getBoundingClientRect()
    await expect(Math.abs(left + width / 2 - (view.left + view.width / 2))).toBeLessThanOrEqual(8)
  },
}
