import { chosenDevices, type VoiceAgentError } from '../../../store/index.js'
import { createToolRunner } from '../tools/tools.js'
import { runCall } from './call.js'
import { createConnections } from './call-connections.js'
import type { CallStart } from './driver.js'
import { createSampling } from './sampling.js'

/**
 * Makes the connections of a call until it is over. Loaded with the first call, so that a page without one does not load the code of
 * connections, tools and samples.
 *
 * @returns why it ended; null when the agent hung up.
 */
export async function makeCall({
  call,
  parts,
  ports,
  report,
  epoch,
  sessionId,
  isRestored,
}: CallStart): Promise<VoiceAgentError | null> {
  const { network, present } = ports
  const { signal } = call.abort
  call.tools = createToolRunner({ tools: ports.tools, report, store: ports.store })
  const media = parts.media.begin(chosenDevices(present().connection), {
    onMicrophone: (microphone, error) =>
      report({ name: 'microphoneChanged', payload: error ? { microphone, error } : { microphone } }),
    onPlayback: (playback) => report({ name: 'playbackChanged', payload: { playback } }),
    onFallback: (fallback, deviceId) =>
      report({ name: 'deviceFellBack', payload: { ...fallback, deviceId } }),
  })
  call.media = media
  const sampling = createSampling({ media, visibility: parts.visibility, report })
  signal.addEventListener('abort', sampling.stop)
  call.connections = createConnections({
    ...ports,
    transport: parts.transport,
    media,
    createFrameScheduler: parts.createFrameScheduler,
    sampling,
    report,
    signal,
    sessionId,
    getToken: (options) => ports.getToken(epoch, options),
  })
  try {
    return await runCall(call.connections, {
      retries: call.retries,
      network,
      signal,
      isRestored,
      hasConnectedBefore: isRestored || present().stats.startedAt !== null,
    })
  } finally {
    sampling.stop()
  }
}
