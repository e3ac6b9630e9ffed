// Generated from signaling/protocol.py by scripts/gen_protocol_ts.py. Do not edit.
export const VERSION = 1
export const HEARTBEAT_S = 4
export const MAX_SEND_BYTES = 16384
export const CLOSE_GOING_AWAY = 4000
export const CLOSE_HEARTBEAT_LOST = 4001
export const CLOSE_SLOW_CONSUMER = 4002
export const CLOSE_TICKET_INVALID = 4003
export const CLOSE_REPLACED = 4004
export const CLOSE_PROTOCOL_ERROR = 4500
export const CLOSE_TOO_LARGE = 4501
export const CLOSE_RATE_LIMITED = 4502
export const CLOSE_FORBIDDEN = 4503
export const CLOSE_TAKEN_OVER = 4504
export const CLOSE_VISIT_OVER = 4505
export const CLOSE_VERSION = 4506

/** First message, within 5 s. `tab` names one load of a page: see close codes 4004 and 4504. */
export interface HelloMessage {
  t: "hello"
  v: number
  ticket: string
  tab?: string
}

/** Enter a room; with the last seen epoch and offset, to go on from there. */
export interface JoinMessage {
  t: "join"
  room: string
  epoch?: string
  offset?: number
}

/** Leave a room. */
export interface LeaveMessage {
  t: "leave"
  room: string
}

/** Sign of life, every 4 s; answered by `pong` with the same number. */
export interface PingMessage {
  t: "ping"
  n: number
}

/** An application message, answered by `ack` or `error` with the same id. */
export interface SendMessage {
  t: "send"
  id: string
  room: string
  kind: string
  body: Record<string, unknown>
}

/** Camera and microphone are open, or were refused: an offer may come. */
export interface MediaReadyMessage {
  t: "media_ready"
  room: string
  relay_only: boolean
  audio: boolean
  video: boolean
}

/** The answer to the offer of the same negotiation; ignored when a newer offer is out. */
export interface AnswerMessage {
  t: "answer"
  room: string
  negotiation: number
  sdp: string
}

/** One trickled candidate, or null when there are no more. */
export interface CandidateMessage {
  t: "candidate"
  room: string
  negotiation: number
  candidate: { candidate: string; sdpMid?: string | null; sdpMLineIndex?: number | null; usernameFragment?: string | null } | null
}

/** Asks for a fresh peer connection: ICE failed, or the network changed. */
export interface MediaFailedMessage {
  t: "media_failed"
  room: string
  negotiation: number
  reason: string
  relay_only: boolean
}

/** The ticket was good. */
export interface WelcomeMessage {
  t: "welcome"
  v: number
  peer_id: string
  subject: string
  heartbeat_s: number
}

/** Answer to `ping`. */
export interface PongMessage {
  t: "pong"
  n: number
}

/** The room is entered: `missed` events when resumed, else a snapshot to start from. */
export interface JoinedMessage {
  t: "joined"
  room: string
  epoch: string
  offset: number
  resumed: boolean
  snapshot: Record<string, unknown> | null
  missed: Array<{ room: string; epoch: string; offset: number; kind: string; body: Record<string, unknown> }>
}

/** Something happened in the room; kept for those who resume. Offsets rise, with gaps. */
export interface EventMessage {
  t: "event"
  room: string
  epoch: string
  offset: number
  kind: string
  body: Record<string, unknown>
}

/** A hint that is not kept. */
export interface DirectMessage {
  t: "direct"
  room: string
  kind: string
  body: Record<string, unknown>
}

/** Make a fresh peer connection and answer with the same negotiation number. */
export interface OfferMessage {
  t: "offer"
  room: string
  negotiation: number
  sdp: string
  ice_servers: Array<{ urls: Array<string>; username?: string; credential?: string }>
  relay_only: boolean
}

/** How one leg's media stand at the server. */
export interface MediaMessage {
  t: "media"
  room: string
  leg: "customer" | "agent"
  state: "new" | "connecting" | "connected" | "failed" | "closed"
}

/** A `send` was handled. */
export interface AckMessage {
  t: "ack"
  id: string
  body: Record<string, unknown>
}

/** A message was refused; the connection stays. `id` names a `send`, `room` a room. */
export interface ErrorMessage {
  t: "error"
  code: string
  id?: string
  room?: string
  fields?: Record<string, unknown>
}

/** Said just before the server closes with the same code. */
export interface ByeMessage {
  t: "bye"
  code: number
  reason: string
}

export type ClientMessage = HelloMessage | JoinMessage | LeaveMessage | PingMessage | SendMessage | MediaReadyMessage | AnswerMessage | CandidateMessage | MediaFailedMessage

export type ServerMessage = WelcomeMessage | PongMessage | JoinedMessage | EventMessage | DirectMessage | OfferMessage | MediaMessage | AckMessage | ErrorMessage | ByeMessage
