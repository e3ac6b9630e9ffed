/**
 * One call's media: answers the server's offers, each with a fresh peer connection, and asks for
 * another one when media die. The server always offers, so there is no glare.
 */

import type { ClientMessage, MediaFailedMessage, OfferMessage } from './protocol'

export type CallState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'closed'

export interface CallHandlers {
  /** The other side's picture and sound; a new stream after each new offer. */
  onStream?(stream: MediaStream): void
  onState?(state: CallState): void
}

export interface CallStats {
  rttMs: number | null
  kbitIn: number
  kbitOut: number
  /** Share of packets lost on the way in since the last call of stats(), 0-1. */
  lossIn: number
  jitterMs: number
  framesDecoded: number
  width: number
  height: number
  bytesIn: number
  bytesOut: number
  /** host, srflx, prflx or relay, of our own side. */
  path: string
}

export interface CallClient {
  readonly state: CallState
  readonly negotiation: number
  /** Devices are open (or were refused: null): offers are answered from now on. Again: other devices. */
  ready(stream: MediaStream | null): void
  /**
   * Call after each `joined` of the room: asks for an offer unless media still run. `anew`, as told by
   * onJoined, means that the server may have restarted, and asks in any case.
   */
  rejoined(anew?: boolean): void
  offer(offer: OfferMessage): Promise<void>
  /** Change the sent picture without negotiating: front to rear camera, or null for none. */
  replaceVideoTrack(track: MediaStreamTrack | null): Promise<void>
  /** The network may have changed: media are renewed if nothing arrives any more. Also watched here. */
  networkChanged(): Promise<void>
  stats(): Promise<CallStats | null>
  close(): void
}

const DISCONNECTED_MS = 2000
const CONNECT_MS = 10000
const STABLE_MS = 10000
const RETRY_MS = 5000

export function createCall(
  room: string,
  post: (message: ClientMessage) => boolean,
  handlers: CallHandlers,
): CallClient {
  let pc: RTCPeerConnection | null = null
  let audio: MediaStreamTrack | null = null
  let video: MediaStreamTrack | null = null
  let isReady = false
  let failures = 0
  let last = { bytesIn: 0, bytesOut: 0, lost: 0, received: 0, at: 0 }
  // Only one of these clocks runs: waiting for a connection, out of a lapse, or for it to be stable.
  let timer: ReturnType<typeof setTimeout> | undefined

  const call = {
    state: 'idle' as CallState,
    negotiation: 0,

    ready(stream: MediaStream | null) {
      audio = (stream && stream.getAudioTracks()[0]) || null
      video = (stream && stream.getVideoTracks()[0]) || null
      if (!isReady) window.addEventListener('online', call.networkChanged)
      isReady = true
      // Every transceiver sends both ways already: other devices need no other offer.
      if (pc && call.state === 'connected') void replace()
      else ask()
    },

    rejoined(anew?: boolean) {
      if (isReady && call.state !== 'closed' && (anew || call.state !== 'connected')) ask()
    },

    async offer(offer: OfferMessage) {
      // Frames come in order, so the last offer is the newest; a restarted server counts from 1 again.
      if (!isReady || call.state === 'closed' || offer.room !== room) return
      call.negotiation = offer.negotiation
      drop()
      setState(call.state === 'idle' ? 'connecting' : 'reconnecting')
      const mine = new RTCPeerConnection({
        iceServers: offer.ice_servers,
        iceTransportPolicy: offer.relay_only ? 'relay' : 'all',
        bundlePolicy: 'max-bundle',
      })
      pc = mine
      later(CONNECT_MS, () => fail('connect_timeout'))
      try {
        await answer(mine, offer)
      } catch {
        if (pc === mine) fail('negotiation_failed')
      }
    },

    async replaceVideoTrack(track: MediaStreamTrack | null) {
      video = track
      await replace()
    },

    async networkChanged() {
      const mine = pc
      const before = await call.stats()
      if (!mine || !before) return
      await new Promise((resolve) => setTimeout(resolve, 1500))
      const after = pc === mine ? await call.stats() : null
      if (after && pc === mine && after.bytesIn === before.bytesIn) fail('network_changed')
    },

    async stats(): Promise<CallStats | null> {
      return pc ? summarize(await pc.getStats()) : null
    },

    close() {
      window.removeEventListener('online', call.networkChanged)
      drop()
      setState('closed')
    },
  }

  function setState(state: CallState) {
    if (call.state === state) return
    call.state = state
    if (handlers.onState) handlers.onState(state)
  }

  function later(ms: number, run: () => void) {
    clearTimeout(timer)
    timer = setTimeout(run, ms)
  }

  /** Say that we are ready, again and again until an offer comes once media have run before. */
  function ask() {
    post({ t: 'media_ready', room, relay_only: failures > 1, audio: !!audio, video: !!video })
    if (call.negotiation) later(RETRY_MS, ask)
  }

  function fail(reason: string) {
    failures++
    drop()
    setState('reconnecting')
    const message: MediaFailedMessage = {
      t: 'media_failed',
      room,
      negotiation: call.negotiation,
      reason,
      relay_only: failures > 1,
    }
    post(message)
    // The request or its offer may have been lost with a connection: say it again.
    later(RETRY_MS, ask)
  }

  async function replace() {
    if (!pc) return
    for (const { receiver, sender } of pc.getTransceivers()) {
      const track = receiver.track.kind === 'audio' ? audio : video
      if (sender.track !== track) await sender.replaceTrack(track)
    }
  }

  function drop() {
    clearTimeout(timer)
    const old = pc
    pc = null
    if (!old) return
    old.ontrack = old.onicecandidate = old.onconnectionstatechange = old.oniceconnectionstatechange = null
    old.close()
  }

  async function answer(mine: RTCPeerConnection, offer: OfferMessage) {
    const negotiation = offer.negotiation
    const early: ClientMessage[] = []
    let answered = false
    mine.onicecandidate = ({ candidate }) => {
      if (candidate && !candidate.candidate) return
      const message: ClientMessage = {
        t: 'candidate',
        room,
        negotiation,
        candidate: candidate && {
          candidate: candidate.candidate,
          sdpMid: candidate.sdpMid,
          sdpMLineIndex: candidate.sdpMLineIndex,
        },
      }
      if (answered) post(message)
      else early.push(message)
    }
    mine.onconnectionstatechange = mine.oniceconnectionstatechange = () => moved(mine)
    const stream = new MediaStream()
    mine.ontrack = ({ track, streams }) => {
      if (!streams[0]) stream.addTrack(track)
      if (handlers.onStream) handlers.onStream(streams[0] || stream)
    }
    await mine.setRemoteDescription({ type: 'offer', sdp: offer.sdp })
    for (const transceiver of mine.getTransceivers()) transceiver.direction = 'sendrecv'
    await replace()
    await mine.setLocalDescription(await mine.createAnswer())
    if (pc !== mine) return
    post({ t: 'answer', room, negotiation, sdp: mine.localDescription!.sdp })
    answered = true
    early.forEach(post)
  }

  function moved(mine: RTCPeerConnection) {
    if (pc !== mine) return
    // Firefox before 113 has no connectionState.
    const state: string = mine.connectionState || mine.iceConnectionState
    if (state === 'connected' || state === 'completed') {
      setState('connected')
      later(STABLE_MS, () => (failures = 0))
    } else if (state === 'failed') {
      fail('ice_failed')
    } else if (state === 'disconnected') {
      later(DISCONNECTED_MS, () => fail('disconnected'))
    }
  }

  function summarize(report: RTCStatsReport): CallStats {
    const found = { bytesIn: 0, bytesOut: 0, lost: 0, received: 0, at: Date.now() }
    const stats: CallStats = {
      rttMs: null, kbitIn: 0, kbitOut: 0, lossIn: 0, jitterMs: 0, framesDecoded: 0,
      width: 0, height: 0, bytesIn: 0, bytesOut: 0, path: '',
    }
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- browsers' reports differ
    report.forEach((part: any) => {
      if (part.type === 'inbound-rtp') {
        found.bytesIn += part.bytesReceived || 0
        found.lost += part.packetsLost || 0
        found.received += part.packetsReceived || 0
        stats.jitterMs = Math.max(stats.jitterMs, (part.jitter || 0) * 1000)
        stats.framesDecoded += part.framesDecoded || 0
        stats.width = part.frameWidth || stats.width
        stats.height = part.frameHeight || stats.height
      } else if (part.type === 'outbound-rtp') {
        found.bytesOut += part.bytesSent || 0
      } else if (part.type === 'candidate-pair' && part.nominated && part.state === 'succeeded') {
        if (part.currentRoundTripTime !== undefined) stats.rttMs = part.currentRoundTripTime * 1000
        const local = report.get(part.localCandidateId)
        if (local) stats.path = local.candidateType
      }
    })
    const seconds = Math.max(0.001, (found.at - last.at) / 1000)
    const fresh = found.bytesIn < last.bytesIn ? { ...last, bytesIn: 0, bytesOut: 0, lost: 0, received: 0 } : last
    const lost = Math.max(0, found.lost - fresh.lost)
    const total = lost + found.received - fresh.received
    stats.kbitIn = ((found.bytesIn - fresh.bytesIn) * 8) / 1000 / seconds
    stats.kbitOut = ((found.bytesOut - fresh.bytesOut) * 8) / 1000 / seconds
    stats.lossIn = total > 0 ? lost / total : 0
    stats.bytesIn = found.bytesIn
    stats.bytesOut = found.bytesOut
    last = found
    return stats
  }

  return call
}
