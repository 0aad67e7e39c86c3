import type { HandlerContext } from '../context.js'
import type { CallMedia } from './ports.js'

type Devices = Pick<
  CallMedia,
  'setMuted' | 'selectMicrophone' | 'selectSpeaker' | 'setVolume' | 'retryMicrophone' | 'resumePlayback'
>

/** What was chosen before the call, in this page or before a reload, is what it begins with. */
export function takeChosenDevices(
  { selectors, getState }: Pick<HandlerContext, 'selectors' | 'getState'>,
  media: Devices,
): void {
  const { microphoneId, speakerId, volume, isMuted } = selectors.selectConnection(getState())
  // Who was muted before a reload does not know that the call is back, let alone that they are heard.
  media.setMuted(isMuted)
  void media.selectMicrophone(microphoneId)
  void media.selectSpeaker(speakerId)
  media.setVolume(volume)
}

/** Passes on what is asked of the devices of a call. Before the first one the choices wait in the store. */
export function handleDevices(
  { actions, startListening }: HandlerContext,
  { media }: { media: Devices },
): void {
  startListening({
    actionCreator: actions.selectMicrophoneRequested,
    effect: ({ payload }) => media.selectMicrophone(payload.deviceId),
  })
  startListening({
    actionCreator: actions.selectSpeakerRequested,
    effect: ({ payload }) => media.selectSpeaker(payload.deviceId),
  })
  startListening({
    actionCreator: actions.volumeRequested,
    effect: ({ payload }) => media.setVolume(payload.volume),
  })
  startListening({ actionCreator: actions.microphoneRequested, effect: () => media.retryMicrophone() })
  startListening({ actionCreator: actions.resumePlaybackRequested, effect: () => media.resumePlayback() })
}
