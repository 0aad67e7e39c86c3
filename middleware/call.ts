/** What only a call needs: loaded with the first one. */
export { handleTools } from './tools/index.js'
export { startCall } from './webrtc/call.js'
export { handleDevices } from './webrtc/devices.js'
export { handleSampling } from './webrtc/sampling.js'
