import { prepareCalls } from '../../../../middleware/call.js'
import type { PrepareCalls } from '../../../../middleware/index.js'
import type { CallMedia, VoiceTransportFactory } from '../../../../middleware/webrtc/ports.js'
import { createDisplayPorts } from '../page/display-ports.js'

export { createCallMedia } from '../audio/old-call-media.js'

/** What only a call needs: loaded with the first one, or when somebody looks at the devices. */
export function callsBy(transport: VoiceTransportFactory, media: CallMedia): PrepareCalls {
  return (context, ports) => prepareCalls(context, { ...ports, transport, media, ...createDisplayPorts() })
}
