import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ClientMessage, OfferMessage } from './protocol'
import { createCall, type CallClient } from './rtc'
import { FakePeer, stream, track } from './testing'

let posted: Array<ClientMessage & Record<string, unknown>>
let states: string[]
let streams: unknown[]
let call: CallClient

function offer(negotiation: number, more: Partial<OfferMessage> = {}): OfferMessage {
  return { t: 'offer', room: 'vis_1', negotiation, sdp: 'offer ' + negotiation, ice_servers: [], relay_only: false, ...more }
}

function last(t: string) {
  return posted.filter((message) => message.t === t).pop()
}

async function connected() {
  call.ready(stream('audio', 'video'))
  await call.offer(offer(1))
  FakePeer.last.becomes('connected')
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('RTCPeerConnection', FakePeer)
  vi.stubGlobal('MediaStream', class { addTrack() {} })
  FakePeer.all = []
  FakePeer.broken = false
  posted = []
  states = []
  streams = []
  call = createCall('vis_1', (message) => !!posted.push(message as never), {
    onState: (state) => states.push(state),
    onStream: (one) => streams.push(one),
  })
})

afterEach(() => {
  call.close()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('negotiating', () => {
  it('says which devices it has, and answers with its tracks sent both ways', async () => {
    call.ready(stream('audio', 'video'))
    expect(posted).toEqual([{ t: 'media_ready', room: 'vis_1', relay_only: false, audio: true, video: true }])
    await call.offer(offer(1, { relay_only: true, ice_servers: [{ urls: ['turn:t'] }] }))

    const pc = FakePeer.last
    expect(pc.config).toMatchObject({ iceServers: [{ urls: ['turn:t'] }], iceTransportPolicy: 'relay' })
    expect(pc.transceivers.map((one) => one.direction)).toEqual(['sendrecv', 'sendrecv'])
    expect(pc.transceivers.map((one) => (one.sender.track as MediaStreamTrack).kind)).toEqual(['audio', 'video'])
    expect(last('answer')).toMatchObject({ negotiation: 1, sdp: 'answer to offer 1' })
    expect(streams).toEqual([{ id: 'far' }])
  })

  it('sends candidates after the answer, and null at the end', async () => {
    call.ready(null)
    await call.offer(offer(1))
    FakePeer.last.onicecandidate!({ candidate: { candidate: '' } })
    FakePeer.last.onicecandidate!({ candidate: null })

    expect(posted.slice(1).map((message) => message.t)).toEqual(['answer', 'candidate', 'candidate'])
    expect(posted[2]!.candidate).toEqual({ candidate: 'candidate:early', sdpMid: '0', sdpMLineIndex: 0 })
    expect(posted[3]!.candidate).toBeNull()
  })

  it('ignores offers before devices are ready, of other rooms and after the end', async () => {
    await call.offer(offer(1))
    call.ready(null)
    await call.offer(offer(1, { room: 'vis_2' }))
    call.close()
    await call.offer(offer(2))

    expect(FakePeer.all).toHaveLength(0)
  })

  it('makes a fresh peer connection for each offer, even one of a server that counts anew', async () => {
    await connected()
    await call.offer(offer(1))

    expect(FakePeer.all).toHaveLength(2)
    expect(FakePeer.all[0]!.closed).toBe(true)
    expect(call.state).toBe('reconnecting')
  })

  it('reports a description that it cannot take', async () => {
    FakePeer.broken = true
    call.ready(null)
    await call.offer(offer(1))

    expect(last('media_failed')).toMatchObject({ negotiation: 1, reason: 'negotiation_failed' })
  })
})

describe('failing', () => {
  it('asks for a fresh offer when ICE failed, relayed at the second failure in a row', async () => {
    await connected()
    FakePeer.last.becomes('failed')
    expect(last('media_failed')).toMatchObject({ negotiation: 1, reason: 'ice_failed', relay_only: false })
    await call.offer(offer(2))
    FakePeer.last.becomes('failed')

    expect(last('media_failed')).toMatchObject({ negotiation: 2, relay_only: true })
  })

  it('counts failures anew when media ran for 10 s', async () => {
    await connected()
    FakePeer.last.becomes('failed')
    await call.offer(offer(2))
    FakePeer.last.becomes('connected')
    await vi.advanceTimersByTimeAsync(10000)
    FakePeer.last.becomes('failed')

    expect(last('media_failed')).toMatchObject({ negotiation: 2, relay_only: false })
  })

  it('forgives a lapse of less than 2 s', async () => {
    await connected()
    FakePeer.last.becomes('disconnected')
    await vi.advanceTimersByTimeAsync(1900)
    FakePeer.last.becomes('connected')
    await vi.advanceTimersByTimeAsync(5000)
    expect(last('media_failed')).toBeUndefined()
    FakePeer.last.becomes('disconnected')
    await vi.advanceTimersByTimeAsync(2000)

    expect(last('media_failed')).toMatchObject({ reason: 'disconnected' })
    expect(states).toEqual(['connecting', 'connected', 'reconnecting'])
  })

  it('gives a connection that does not come about up after 10 s', async () => {
    call.ready(null)
    await call.offer(offer(1))
    await vi.advanceTimersByTimeAsync(10000)

    expect(last('media_failed')).toMatchObject({ reason: 'connect_timeout' })
  })

  it('says again that it is ready until an offer comes', async () => {
    await connected()
    FakePeer.last.becomes('failed')
    await vi.advanceTimersByTimeAsync(10000)
    expect(posted.filter((message) => message.t === 'media_ready')).toHaveLength(3)
    await call.offer(offer(2))
    FakePeer.last.becomes('connected')
    await vi.advanceTimersByTimeAsync(30000)

    expect(posted.filter((message) => message.t === 'media_ready')).toHaveLength(3)
  })

  it('renews media after a change of network only if nothing arrives any more', async () => {
    await connected()
    window.dispatchEvent(new Event('online'))
    await vi.advanceTimersByTimeAsync(1000)
    FakePeer.last.bytes = 500
    await vi.advanceTimersByTimeAsync(500)
    expect(last('media_failed')).toBeUndefined()
    window.dispatchEvent(new Event('online'))
    await vi.advanceTimersByTimeAsync(1500)

    expect(last('media_failed')).toMatchObject({ reason: 'network_changed' })
  })
})

describe('coming back', () => {
  it('says nothing while media run, unless the server may have restarted', async () => {
    await connected()
    posted = []
    call.rejoined()
    expect(posted).toEqual([])
    call.rejoined(true)

    expect(last('media_ready')).toBeTruthy()
  })

  it('asks for an offer when media do not run', async () => {
    call.rejoined()
    expect(posted).toEqual([])
    call.ready(stream('audio'))
    call.rejoined()

    expect(posted).toHaveLength(2)
    expect(last('media_ready')).toMatchObject({ audio: true, video: false })
  })
})

describe('while running', () => {
  it('changes the picture now and for later offers', async () => {
    await connected()
    const rear = track('video')
    await call.replaceVideoTrack(rear)
    expect(FakePeer.last.transceivers[1]!.sender.track).toBe(rear)
    await call.offer(offer(2))

    expect(FakePeer.last.transceivers[1]!.sender.track).toBe(rear)
  })

  it('sends other devices without another offer', async () => {
    await connected()
    posted = []
    const other = stream('audio', 'video')
    call.ready(other)
    await vi.advanceTimersByTimeAsync(0)

    expect(FakePeer.last.transceivers[0]!.sender.track).toBe(other.getAudioTracks()[0])
    expect(posted).toEqual([])
  })

  it('sums its statistics up', async () => {
    expect(await call.stats()).toBeNull()
    await connected()
    FakePeer.last.bytes = 1000
    await call.stats()
    FakePeer.last.bytes = 3000
    vi.setSystemTime(Date.now() + 2000)
    const stats = (await call.stats())!

    expect(stats).toMatchObject({ rttMs: 50, kbitIn: 8, kbitOut: 0, jitterMs: 20, width: 640, path: 'relay', bytesIn: 3000 })
  })
})
