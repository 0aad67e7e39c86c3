import { buttons } from './buttons.js'
import { call } from './call.js'
import { controls } from './controls.js'
import { forcedColors } from './forced-colors.js'
import { frame } from './frame.js'
import { messages } from './messages.js'
import { notice } from './notice.js'
import { inLayer, tokens } from './tokens.js'
import { transcript } from './transcript.js'

const rules = [tokens, buttons, frame, transcript, controls, messages, notice, call, forcedColors]

/** Styles of everything except the panels, in a layer and without specificity, so that any rule of the app wins. */
export const styles = /* @__PURE__ */ inLayer(/* @__PURE__ */ rules.join(''))
