import { buttons } from './buttons.js'
import { controls } from './controls.js'
import { frame } from './frame.js'
import { tokens } from './tokens.js'
import { transcript } from './transcript.js'

/** What is seen at once. Everything in a layer and without specificity: any rule of the app's own wins. */
export const styles = `@layer rva {${tokens}${buttons}${frame}${transcript}${controls}}`
