export { withTimeout } from '../../../../../middleware/waiting.js'
