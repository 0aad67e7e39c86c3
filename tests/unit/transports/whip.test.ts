import fc from 'fast-check'
import { type TransportHost, whipTransport } from 'redux-voice-agent/transports'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createChannelReader } from '../../../src/lib/voice-agent/transports/whip/channel.js'
import {
  applyFragment,
  audioDirectionOf,
  fitAnswer,
  formatFragment,
  isReceiving,
  isSending,
} from '../../../src/lib/voice-agent/transports/whip/sdp.js'
import { parseIceServers } from '../../../src/lib/voice-agent/transports/whip/whip-session.js'

const offer = [
  'v=0',
  'a=group:BUNDLE 0 1',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'c=IN IP4 0.0.0.0',
  'a=ice-ufrag:AAAA',
  'a=ice-pwd:long-enough-to-be-one-aaaa',
  'a=mid:0',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'a=ice-ufrag:AAAA',
  'a=ice-pwd:long-enough-to-be-one-aaaa',
  'a=mid:1',
  '',
].join('\r\n')

describe("an answer's direction", () => {
  const answer = (...lines: string[]) => ['v=0', ...lines, ''].join('\r\n')
  it.each([
    [answer('m=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=recvonly'), 'recvonly'],
    [answer('a=sendonly', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:0'), 'sendonly'],
    [answer('m=audio 9 UDP/TLS/RTP/SAVPF 111'), 'sendrecv'],
    [answer('m=audio 0 UDP/TLS/RTP/SAVPF 111', 'a=sendrecv'), 'inactive'],
    [
      answer('m=video 9 UDP/TLS/RTP/SAVPF 96', 'a=sendrecv', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=inactive'),
      'inactive',
    ],
    [answer('m=application 9 UDP/DTLS/SCTP webrtc-datachannel'), 'inactive'],
    ['', 'inactive'],
  ])('of %j is %s', (sdp, direction) => expect(audioDirectionOf(sdp)).toBe(direction))

  it.each([
    ['sendrecv', { sends: true, receives: true }],
    ['sendonly', { sends: true, receives: false }],
    ['recvonly', { sends: false, receives: true }],
    ['inactive', { sends: false, receives: false }],
  ] as const)('%s says whether the server sends and receives', (direction, expected) =>
    expect({ sends: isSending(direction), receives: isReceiving(direction) }).toEqual(expected),
  )
})

describe('an answer that claims more than was offered', () => {
  const answer = (...lines: string[]) => ['v=0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', ...lines, ''].join('\r\n')
  it.each([
    ['sendonly', answer('a=sendrecv', 'a=mid:0'), answer('a=recvonly', 'a=mid:0')],
    ['recvonly', answer('a=mid:0', 'a=sendrecv'), answer('a=mid:0', 'a=sendonly')],
    ['sendonly', answer('a=mid:0'), answer('a=mid:0', 'a=recvonly')],
    ['sendonly', answer('a=recvonly'), answer('a=recvonly')],
    ['sendrecv', answer('a=sendrecv'), answer('a=sendrecv')],
  ] as const)('fits an offer that is %s', (offered, claimed, fitted) =>
    expect(fitAnswer(claimed, offered)).toBe(fitted),
  )
})

describe('SDP fragments', () => {
  it('contain the credentials and the candidates of the section that represents the bundle', () => {
    const candidates = [
      { candidate: 'candidate:1 1 udp 1 127.0.0.1 9 typ host', sdp_mid: '0' },
      { candidate: 'candidate:2 1 udp 1 127.0.0.1 9 typ host', sdp_mid: '1' },
    ]
    expect(formatFragment(offer, candidates)).toBe(
      [
        'a=group:BUNDLE 0 1',
        'm=audio 9 UDP/TLS/RTP/SAVPF 111',
        'a=mid:0',
        'a=ice-ufrag:AAAA',
        'a=ice-pwd:long-enough-to-be-one-aaaa',
        'a=candidate:1 1 udp 1 127.0.0.1 9 typ host',
        '',
      ].join('\r\n'),
    )
  })

  it('turn the previous answer into the answer to an ICE restart', () => {
    const answer = offer.replaceAll('AAAA', 'BBBB').replace('a=mid:0', 'a=candidate:old\r\na=mid:0')
    const fragment = 'a=ice-ufrag:CCCC\r\na=ice-pwd:pwd-c\r\nm=audio 9 X 0\r\na=mid:0\r\na=candidate:new\r\n'
    const restarted = applyFragment(answer, fragment)
    expect(restarted).not.toMatch(/BBBB|long-enough|candidate:old/)
    expect(restarted.match(/a=ice-ufrag:CCCC\r\na=ice-pwd:pwd-c\r\n/g)).toHaveLength(2)
    expect(restarted.match(/a=candidate:new/g)).toHaveLength(1)
    expect(restarted.match(/^m=/gm)).toHaveLength(2)
    expect(() => applyFragment(answer, 'nonsense')).toThrow(
      expect.objectContaining({ code: 'signalling-rejected' }),
    )
  })
})

describe('Link headers', () => {
  it('provide STUN and TURN servers, with commas where they are allowed', () => {
    const header =
      '<https://example.org/>; rel="next", <stun:stun.example.org>; rel="ice-server",' +
      ' <turn:turn.example.org?transport=udp>; rel="ice-server"; username="a, b"; credential="c\\"d"; credential-type="password",' +
      ' <turn:no-credentials.example.org>; rel="ice-server", <javascript:alert(1)>; rel="ice-server"'
    expect(parseIceServers(header)).toEqual([
      { urls: 'stun:stun.example.org' },
      { urls: 'turn:turn.example.org?transport=udp', username: 'a, b', credential: 'c"d' },
    ])
    expect(parseIceServers(null)).toEqual([])
  })

  it('never throw, whatever they contain', () => {
    fc.assert(fc.property(fc.string(), (header) => Array.isArray(parseIceServers(`<stun:x>${header}`))))
  })
})

it("counts a message that the app can't parse, and continues", () => {
  const events: unknown[] = []
  const read = createChannelReader(
    (text) => (text === 'nothing' ? null : JSON.parse(text)),
    (event) => events.push(event),
  )
  for (const text of ['<html>', 'nothing', '{"type":"agentLeft"}', '[{"type":"userSpeechStarted"}]'])
    read(text)
  expect(events).toEqual([
    { type: 'protocolError', why: 'malformed' },
    { type: 'agentLeft' },
    { type: 'userSpeechStarted' },
  ])
})

it('ends a session whose answer arrives just as its attempt is aborted', async () => {
  onTestFinished(() => void vi.unstubAllGlobals())
  const attempt = new AbortController()
  const requests: string[] = []
  vi.stubGlobal('addEventListener', () => {})
  vi.stubGlobal('removeEventListener', () => {})
  vi.stubGlobal('fetch', async (url: string, { method = 'GET' }: RequestInit) => {
    requests.push(`${method} ${url}`)
    const headers = { Location: 'https://gateway.example/sessions/1' }
    const text = async () => {
      attempt.abort()
      return offer
    }
    return Object.assign(new Response(null, { status: 201, headers }), { text })
  })
  const peer = { createOffer: async () => ({ type: 'offer', sdp: offer }), close() {} }
  const host = { apiEndpoint: '', emit() {}, openPeer: async () => peer } as unknown as TransportHost
  const transport = whipTransport({ endpoint: 'https://gateway.example/whip' })(host)
  const request = {
    token: 't',
    sessionId: 's',
    resume: false,
    context: [],
    tools: [],
    signal: attempt.signal,
  }
  await expect(transport.connect(request)).rejects.toThrow()
  transport.close()
  expect(requests).toEqual(['POST https://gateway.example/whip', 'DELETE https://gateway.example/sessions/1'])
})
