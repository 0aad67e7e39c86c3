import type { LocalTrackPublication, Room } from 'livekit-client'
import type { LiveKitClient } from './client.js'

/** Creates a silent track that LiveKit may modify. */
function createSilence(): { track: MediaStreamTrack; stop(): void } {
  const context = new AudioContext()
  const destination = context.createMediaStreamDestination()
  destination.channelCount = 1
  const track = destination.stream.getAudioTracks()[0] as MediaStreamTrack
  return {
    track,
    stop() {
      track.stop()
      context.close().catch(() => undefined)
    },
  }
}

/**
 * Sends the host's tracks unchanged. LiveKit sets `enabled` on each track that it publishes, which would open a microphone that
 * the user muted. So it publishes silence, and the microphone's track replaces the silent one in the sender.
 */
export function createMicrophoneSender(room: Room, { RoomEvent, Track }: LiveKitClient) {
  let silence: ReturnType<typeof createSilence> | null = null
  let current: MediaStreamTrack | null = null

  function applyTo(publication: LocalTrackPublication | undefined) {
    const sender = publication?.track?.sender
    // Ignored: a sender that was closed meanwhile sends nothing.
    sender?.replaceTrack(current).catch(() => undefined)
  }
  const publication = () => room.localParticipant.getTrackPublication(Track.Source.Microphone)

  // After reconnecting, LiveKit publishes the silent track again, with a new sender.
  room.on(RoomEvent.LocalTrackPublished, applyTo)

  return {
    /** Publishes silence. */
    async publish() {
      silence ??= createSilence()
      await room.localParticipant.publishTrack(silence.track, {
        name: 'microphone',
        source: Track.Source.Microphone,
      })
    },
    /** Sends this track from now on; null sends nothing. */
    send(track: MediaStreamTrack | null) {
      current = track
      applyTo(publication())
    },
    close() {
      room.off(RoomEvent.LocalTrackPublished, applyTo)
      current = null
      applyTo(publication())
      silence?.stop()
      silence = null
    },
  }
}
