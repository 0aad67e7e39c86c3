import { defaultTexts } from 'redux-voice-agent/react'
import { expect } from 'storybook/test'
import { assistant, type Story } from '../meta.js'
import { scene } from '../scenario.js'
import { agentBegins, agentEnds, rehydrate, smallTalk, userSays } from '../script.js'

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
    scenario.emit({ type: 'playback', playback: 'blocked' })
  }),
  globals: { theme: 'dark' },
}

/** 320 px wide, with everything in the way at once. */
export const W320: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
    userSays(scenario, `Look at https://example.com/${'kettle-'.repeat(20)}`)
    agentBegins(scenario, 'turn', 'I am looking.')
    scenario.emit({ type: 'microphone', microphone: 'denied' })
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
        <style>{`.shop { --rva-accent: #a03a12; --rva-accent-soft: #fbeee7; --rva-radius: 4px; --rva-font: Georgia, serif; }`}</style>
        <Story />
      </>
    ),
  ],
  args: { className: 'shop' },
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
  args: {
    title: 'مساعد المتجر',
    texts: {
      end: 'إنهاء المحادثة',
      messagePlaceholder: 'اكتب رسالة',
      status: { ...defaultTexts.status, listening: 'أستمع إليك' },
    },
  },
}
