/** A session description with one audio section and the lines that transports read. `generation` increases with each ICE restart. */
export const descriptionOf = (type: 'offer' | 'answer', generation: number) =>
  [
    ...['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0'],
    ...['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', 'a=mid:0', 'a=sendrecv'],
    ...[`a=ice-ufrag:${type}${generation}`, 'a=ice-pwd:0123456789012345678901', 'a=rtpmap:111 opus/48000/2'],
    ...['a=fingerprint:sha-256 00:11', `a=setup:${type === 'offer' ? 'actpass' : 'active'}`, ''],
  ].join('\r\n')

/** A session description with which a double can answer an offer. */
export const answerSdp = descriptionOf('answer', 1)
