/** A WebSocket and a peer connection that tests drive by hand. Never imported by a page. */

import type { ServerMessage } from './protocol'

export class FakeSocket {
  static all: FakeSocket[] = []
  static get last(): FakeSocket {
    return FakeSocket.all[FakeSocket.all.length - 1]!
  }
  readyState = 0
  sent: Array<Record<string, unknown>> = []
  closed = false
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null

  constructor(public url: string) {
    FakeSocket.all.push(this)
  }
  send(text: string) {
    this.sent.push(JSON.parse(text))
  }
  close() {
    this.closed = true
    this.readyState = 3
  }
  opens() {
    this.readyState = 1
    this.onopen?.()
  }
  says(message: ServerMessage) {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
  drops(code: number) {
    this.readyState = 3
    this.onclose?.({ code })
  }
  welcomes() {
    this.opens()
    this.says({ t: 'welcome', v: 1, peer_id: 'peer_1', subject: 'pty_1', heartbeat_s: 4 })
  }
  ofKind(t: string) {
    return this.sent.filter((message) => message.t === t)
  }
}

interface FakeTransceiver {
  direction: string
  sender: { track: unknown; replaceTrack(track: unknown): Promise<void> }
  receiver: { track: { kind: string } }
}

function transceiver(kind: string): FakeTransceiver {
  const sender = {
    track: null as unknown,
    replaceTrack: async (track: unknown) => {
      sender.track = track
    },
  }
  return { direction: 'recvonly', sender, receiver: { track: { kind } } }
}

export class FakePeer {
  static all: FakePeer[] = []
  static get last(): FakePeer {
    return FakePeer.all[FakePeer.all.length - 1]!
  }
  /** Set to make the next description fail. */
  static broken = false
  connectionState = 'new'
  closed = false
  transceivers = [transceiver('audio'), transceiver('video')]
  localDescription: { sdp: string } | null = null
  remote = ''
  bytes = 0
  onicecandidate: ((event: { candidate: unknown }) => void) | null = null
  onconnectionstatechange: (() => void) | null = null
  oniceconnectionstatechange: (() => void) | null = null
  ontrack: ((event: { track: unknown; streams: unknown[] }) => void) | null = null

  constructor(public config: RTCConfiguration) {
    FakePeer.all.push(this)
  }
  async setRemoteDescription(description: { sdp: string }) {
    if (FakePeer.broken) throw new Error('no codec')
    this.remote = description.sdp
    this.ontrack?.({ track: { kind: 'video' }, streams: [{ id: 'far' }] })
  }
  getTransceivers() {
    return this.transceivers
  }
  async createAnswer() {
    return { type: 'answer', sdp: 'answer to ' + this.remote }
  }
  async setLocalDescription(description: { sdp: string }) {
    this.localDescription = description
    this.onicecandidate?.({ candidate: { candidate: 'candidate:early', sdpMid: '0', sdpMLineIndex: 0 } })
  }
  async getStats() {
    return new Map<string, unknown>([
      [
        'in',
        {
          type: 'inbound-rtp', bytesReceived: this.bytes, packetsReceived: 90, packetsLost: 10,
          jitter: 0.02, framesDecoded: 5, frameWidth: 640, frameHeight: 480,
        },
      ],
      ['out', { type: 'outbound-rtp', bytesSent: 4000 }],
      [
        'pair',
        {
          type: 'candidate-pair', nominated: true, state: 'succeeded',
          currentRoundTripTime: 0.05, localCandidateId: 'local',
        },
      ],
      ['local', { type: 'local-candidate', candidateType: 'relay' }],
    ])
  }
  close() {
    this.closed = true
  }
  becomes(state: string) {
    this.connectionState = state
    this.onconnectionstatechange?.()
  }
}

export function track(kind: string) {
  return { kind, id: kind } as unknown as MediaStreamTrack
}

export function stream(...kinds: string[]) {
  const tracks = kinds.map(track)
  return {
    getAudioTracks: () => tracks.filter((one) => one.kind === 'audio'),
    getVideoTracks: () => tracks.filter((one) => one.kind === 'video'),
  } as unknown as MediaStream
}
