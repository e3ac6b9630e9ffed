/** The live connection of one visit: signaling and media, folded into the page's state. */
import type { Api } from "../../../shared/api";
import { CLOSE_TAKEN_OVER } from "../../../shared/protocol";
import { createCall, type CallClient } from "../../../shared/rtc";
import { createSignaling, type SignalingClient, type SignalingState } from "../../../shared/signaling";
import { apply } from "./reducer";
import type { PageState, Streams } from "./state";
import type { Challenge, CustomerView, ReceiptView, Tilt } from "./types";

/** A lapse shorter than this is not shown. */
const SILENT_MS = 3000;

export interface LiveDeps {
  readonly api: Api;
  readonly state: PageState;
  readonly streams: Streams;
  /** Called after the view changed: what was, what is, and the event that did it. */
  readonly changed: (before: CustomerView | null, after: CustomerView, kind: string) => void;
  /** The visit is over, or this credential is not good any more: ask the server how it stands. */
  readonly over: () => void;
}

export class Live {
  private readonly signaling: SignalingClient;
  private readonly call: CallClient;
  private lapse: ReturnType<typeof setTimeout> | undefined;
  private signalingState: SignalingState = "connecting";
  private mediaAway = false;

  constructor(
    private readonly visitId: string,
    private readonly deps: LiveDeps,
  ) {
    this.signaling = createSignaling(() => deps.api.post("/visit/ticket"), {
      onState: (state, code) => this.connection(state, code),
      onJoined: (_room, snapshot, anew) => {
        if (snapshot) this.fold("snapshot", snapshot);
        this.call.rejoined(anew);
      },
      onEvent: (_room, kind, body) => this.event(kind, body),
      onDirect: (_room, kind, body) => this.event(kind, body),
      onOffer: (offer) => void this.call.offer(offer),
    });
    this.call = createCall(visitId, (message) => this.signaling.post(message), {
      onStream: (stream) => {
        deps.streams.agent = stream;
      },
      onState: (state) => {
        this.mediaAway = state === "reconnecting";
        this.lapsed();
      },
    });
    this.signaling.join(visitId);
    this.signaling.connect();
  }

  /** Devices are open, or there are none: the server may offer. Call again when the sound was renewed. */
  ready(stream: MediaStream | null): void {
    this.call.ready(stream);
  }

  replaceVideo(track: MediaStreamTrack | null): void {
    void this.call.replaceVideoTrack(track).catch(() => this.call.networkChanged());
  }

  probe(): void {
    this.signaling.probe();
    void this.call.networkChanged();
  }

  /** Tell the agent's desk what is on the screen; lost while the connection is away, which does not matter. */
  tell(kind: "progress" | "screen", body: Record<string, unknown>): void {
    void this.signaling.send(this.visitId, kind, body).catch(() => undefined);
  }

  close(): void {
    clearTimeout(this.lapse);
    this.call.close();
    this.signaling.close();
    this.deps.streams.agent = null;
    this.deps.state.again = false;
  }

  private connection(state: SignalingState, code: number): void {
    this.signalingState = state;
    this.lapsed();
    if (state !== "closed" || code === 0) return;
    if (code === CLOSE_TAKEN_OVER) this.deps.state.phase = "taken";
    this.close();
    if (code !== CLOSE_TAKEN_OVER) this.deps.over();
  }

  private lapsed(): void {
    const away = this.signalingState === "reconnecting" || this.mediaAway;
    if (!away) {
      clearTimeout(this.lapse);
      this.lapse = undefined;
      this.deps.state.again = false;
    } else if (this.lapse === undefined) {
      this.lapse = setTimeout(() => {
        this.deps.state.again = true;
      }, SILENT_MS);
    }
  }

  private event(kind: string, body: Record<string, unknown>): void {
    const { state } = this.deps;
    if (kind === "challenge") state.challenge = body as unknown as Challenge;
    else if (kind === "tilt") state.tilt = body as unknown as Tilt;
    else if (kind === "presence") state.agentOnline = body["online"] !== false;
    else this.fold(kind, body);
    if (kind === "receipt") state.receipt = body as unknown as ReceiptView;
  }

  private fold(kind: string, body: Record<string, unknown>): void {
    const { state, changed } = this.deps;
    const before = state.view;
    const base = before ?? (body as unknown as CustomerView);
    const after = apply(base, kind, body);
    state.view = after;
    changed(before, after, kind);
  }
}
