import { buttons } from './buttons.js'
import { controls } from './controls.js'
import { devices } from './devices.js'
import { frame } from './frame.js'
import { quality } from './quality.js'
import { tokens } from './tokens.js'
import { transcript } from './transcript.js'

/** Everything in a layer and without specificity: any rule of the app's own wins. */
export const styles = `@layer rva {${tokens}${buttons}${frame}${transcript}${controls}${devices}${quality}}`
