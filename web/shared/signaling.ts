/**
 * The client's end of `/ws`: connects, keeps alive, redials and resumes by itself.
 *
 * Events arrive in order and, within one epoch, once; after a `joined` with a snapshot the page starts
 * from that, and an event may repeat what the snapshot held already.
 */

import { newKey } from './api'
import { ApiError } from './errors'
import {
  CLOSE_FORBIDDEN,
  CLOSE_HEARTBEAT_LOST,
  CLOSE_TOO_LARGE,
  HEARTBEAT_S,
  MAX_SEND_BYTES,
  VERSION,
  type ClientMessage,
  type ErrorMessage,
  type MediaMessage,
  type OfferMessage,
  type ServerMessage,
} from './protocol'

export type SignalingState = 'connecting' | 'open' | 'reconnecting' | 'closed'
export type Body = Record<string, unknown>

export interface SignalingHandlers {
  /** `code` is the last close code (0: none). `closed` with a code >= 4500 means: do not redial. */
  onState?(state: SignalingState, code: number): void
  /**
   * The room is entered (again); `snapshot` is null when it was resumed and events follow. `anew` means
   * that the server began the room's stream anew since we were in it: it may have restarted.
   */
  onJoined?(room: string, snapshot: Body | null, anew: boolean): void
  onEvent?(room: string, kind: string, body: Body): void
  onDirect?(room: string, kind: string, body: Body): void
  onOffer?(offer: OfferMessage): void
  onMedia?(media: MediaMessage): void
  /** An error that answers no `send`; with code room_closed or forbidden the room is left already. */
  onError?(error: ErrorMessage): void
}

export interface SignalingClient {
  readonly state: SignalingState
  readonly subject: string
  connect(): void
  /** Leave for good; a later connect() starts anew. */
  close(): void
  join(room: string): void
  leave(room: string): void
  /** Resolves with the ack's body; rejects with ApiError (code offline, timeout, or the server's). */
  send(room: string, kind: string, body?: Body): Promise<Body>
  /** Write one protocol message; false when the connection is not open. */
  post(message: ClientMessage): boolean
  /** Make sure now that the connection lives: after a change of network, or coming to the front. */
  probe(): void
}

interface Position {
  epoch?: string
  offset?: number
}

interface Waiting {
  resolve(body: Body): void
  reject(error: ApiError): void
  timer: ReturnType<typeof setTimeout>
}

const CONNECT_MS = 8000
const SEND_MS = 12000
const PROBE_MS = 2500
const REJOIN_MS = 1500

export function createSignaling(
  getTicket: () => Promise<{ ticket: string; ws: string }>,
  handlers: SignalingHandlers,
): SignalingClient {
  const tab = newKey()
  const rooms: Record<string, Position> = {}
  const waiting: Record<string, Waiting> = {}
  let socket: WebSocket | null = null
  let wanted = false
  let attempt = 0
  let generation = 0 // of the socket; what an older one still says is ignored
  let lastCode = 0
  let lastPing = 0
  let pings = 0
  let unanswered = false
  let sends = 0
  let retryTimer: ReturnType<typeof setTimeout> | undefined
  let beatTimer: ReturnType<typeof setInterval> | undefined
  let probeTimer: ReturnType<typeof setTimeout> | undefined
  let connectTimer: ReturnType<typeof setTimeout> | undefined

  const client = {
    state: 'closed' as SignalingState,
    subject: '',
    connect() {
      if (wanted) return
      wanted = true
      attempt = lastCode = 0
      listen(true)
      setState('connecting')
      void dial()
    },
    close() {
      if (wanted) stop(0)
    },
    join(room: string) {
      if (rooms[room]) return
      rooms[room] = {}
      client.post({ t: 'join', room })
    },
    leave(room: string) {
      if (rooms[room]) client.post({ t: 'leave', room })
      delete rooms[room]
    },
    send(room: string, kind: string, body: Body = {}) {
      return new Promise<Body>((resolve, reject) => {
        const id = String(++sends)
        const bytes = new TextEncoder().encode(JSON.stringify(body)).length
        if (bytes > MAX_SEND_BYTES - 512) return reject(new ApiError('too_large')) // the rest is the envelope
        if (!client.post({ t: 'send', id, room, kind, body })) return reject(new ApiError('offline'))
        const timer = setTimeout(() => settle(id, new ApiError('timeout')), SEND_MS)
        waiting[id] = { resolve, reject, timer }
      })
    },
    post(message: ClientMessage) {
      if (client.state !== 'open' || !socket) return false
      write(message)
      return true
    },
    probe() {
      if (!wanted) return
      if (client.state !== 'open') {
        if (!socket) void dial()
        return
      }
      ping()
      clearTimeout(probeTimer)
      probeTimer = setTimeout(() => unanswered && lost(CLOSE_HEARTBEAT_LOST), PROBE_MS)
    },
  }

  function setState(state: SignalingState) {
    client.state = state
    if (handlers.onState) handlers.onState(state, lastCode)
  }

  function write(message: ClientMessage) {
    if (socket && socket.readyState === 1) socket.send(JSON.stringify(message))
  }

  function ping() {
    lastPing = Date.now()
    unanswered = true
    write({ t: 'ping', n: ++pings })
  }

  async function dial() {
    const mine = ++generation
    clearTimeout(retryTimer)
    clearTimeout(connectTimer)
    connectTimer = setTimeout(() => mine === generation && lost(0), CONNECT_MS)
    try {
      const { ticket, ws } = await getTicket()
      if (mine !== generation) return
      const next = new WebSocket(absolute(ws))
      socket = next
      next.onopen = () => mine === generation && write({ t: 'hello', v: VERSION, ticket, tab })
      next.onmessage = (event: { data: unknown }) => mine === generation && receive(String(event.data))
      next.onclose = (event: { code: number }) => mine === generation && lost(event.code)
    } catch (error) {
      if (mine !== generation) return
      const status = (error as ApiError).status
      // The credential is gone: no later try can succeed.
      if (status === 401 || status === 403 || status === 404 || status === 410) stop(CLOSE_FORBIDDEN)
      else lost(0)
    }
  }

  function drop() {
    generation++
    clearTimeout(retryTimer)
    clearTimeout(connectTimer)
    clearTimeout(probeTimer)
    clearInterval(beatTimer)
    const old = socket
    socket = null
    if (old) {
      old.onopen = old.onmessage = old.onclose = null
      old.close()
    }
    for (const id of Object.keys(waiting)) settle(id, new ApiError('offline'))
  }

  function lost(code: number) {
    if (code === 1009) code = CLOSE_TOO_LARGE // the server's own frame limit closed it
    drop()
    lastCode = code
    if (code >= 4500) return stop(code)
    // Back within 5 s of a server restart, yet never all at once.
    const ceiling = attempt < 10 ? 3000 : 15000
    const delay = Math.min(ceiling, 300 * Math.pow(2, attempt++)) * (0.5 + Math.random() / 2)
    retryTimer = setTimeout(dial, delay)
    setState('reconnecting')
  }

  function stop(code: number) {
    wanted = false
    lastCode = code
    drop()
    listen(false)
    setState('closed')
  }

  function settle(id: string, outcome: ApiError | Body) {
    const one = waiting[id]
    if (!one) return
    delete waiting[id]
    clearTimeout(one.timer)
    if (outcome instanceof ApiError) one.reject(outcome)
    else one.resolve(outcome)
  }

  function receive(text: string) {
    const message = JSON.parse(text) as ServerMessage
    unanswered = false
    // Timers sleep in a hidden page, frames do not: answer the server's nudge with a ping.
    if (client.state === 'open' && Date.now() - lastPing >= HEARTBEAT_S * 1000) ping()
    switch (message.t) {
      case 'welcome':
        return welcomed(message.subject)
      case 'joined': {
        const room = message.room
        const before = rooms[room]
        if (!before) return
        rooms[room] = { epoch: message.epoch, offset: message.offset }
        const anew = !!before.epoch && before.epoch !== message.epoch
        if (handlers.onJoined) handlers.onJoined(room, message.snapshot, anew)
        return message.missed.forEach((event) => deliver(event.room, event.kind, event.body))
      }
      case 'event': {
        const at = rooms[message.room]
        if (!at || at.epoch !== message.epoch || message.offset <= (at.offset || 0)) return
        at.offset = message.offset
        return deliver(message.room, message.kind, message.body)
      }
      case 'direct':
        return handlers.onDirect && handlers.onDirect(message.room, message.kind, message.body)
      case 'offer':
        return handlers.onOffer && handlers.onOffer(message)
      case 'media':
        return handlers.onMedia && handlers.onMedia(message)
      case 'ack':
        return settle(message.id, message.body)
      case 'error':
        return refused(message)
      case 'bye':
        return lost(message.code)
    }
  }

  function deliver(room: string, kind: string, body: Body) {
    if (handlers.onEvent) handlers.onEvent(room, kind, body)
  }

  function welcomed(subject: string) {
    clearTimeout(connectTimer)
    client.subject = subject
    attempt = 0
    lastPing = Date.now()
    unanswered = false
    // No frame between two beats means a dead line: found out within 8 s.
    beatTimer = setInterval(() => (unanswered ? lost(CLOSE_HEARTBEAT_LOST) : ping()), HEARTBEAT_S * 1000)
    client.state = 'open'
    for (const room of Object.keys(rooms)) client.post({ t: 'join', room, ...rooms[room] })
    setState('open')
  }

  function refused(error: ErrorMessage) {
    if (error.id) return settle(error.id, new ApiError(error.code, error.fields))
    const { room, code } = error
    if (room && (code === 'room_closed' || code === 'forbidden')) delete rooms[room]
    // A join that the counter could not serve just now.
    if (room && (code === 'busy' || code === 'timeout' || code === 'internal')) {
      const mine = generation
      setTimeout(() => mine === generation && rooms[room] && client.post({ t: 'join', room, ...rooms[room] }), REJOIN_MS)
    }
    if (handlers.onError) handlers.onError(error)
  }

  function listen(on: boolean) {
    const verb = on ? 'addEventListener' : 'removeEventListener'
    window[verb]('online', client.probe)
    document[verb]('visibilitychange', shown)
  }

  function shown() {
    if (!document.hidden) client.probe()
  }

  return client
}

function absolute(ws: string): string {
  return /^wss?:/.test(ws) ? ws : location.origin.replace(/^http/, 'ws') + ws
}
