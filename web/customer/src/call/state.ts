/** Everything the page shows, in one reactive object; only `call/` changes it. */
import { reactive, shallowReactive } from "vue";
import type { ApiError } from "../../../shared/errors";
import type { Opening } from "../camera/devices";
import type { Challenge, CustomerView, ReceiptView, Tilt } from "./types";

/**
 * `start` … `taken` stand before or beside a visit; `live` follows the visit's own state.
 * `busy` is the short time between a touch and the server's answer.
 */
export type Phase = "start" | "refuse" | "busy" | "in_use" | "problem" | "inapp" | "old" | "live" | "taken";

export interface PageState {
  phase: Phase;
  problem: ApiError | null;
  view: CustomerView | null;
  /** Asking for camera and microphone now: the priming picture is shown. */
  priming: boolean;
  /** What the devices gave; null before they were asked for. */
  opening: Opening | null;
  /** The picture guide after a refusal is open. */
  guide: boolean;
  /** The connection has been away for longer than the silent 3 s. */
  again: boolean;
  agentOnline: boolean;
  /** The agent was lost while serving; the waiting screen says so. */
  agentLost: boolean;
  soundBlocked: boolean;
  challenge: Challenge | null;
  tilt: Tilt | null;
  /** Who ended the call, where the page knows it. */
  endedBy: "" | "you" | "agent";
  /** A receipt that has come and was not put away yet. */
  receipt: ReceiptView | null;
  /** "Hang up?" is asked. */
  leaving: boolean;
  chatOpen: boolean;
  /** A short tick after a step: its words. */
  tick: string;
  /** Milliseconds since 1970 when waiting began in this page. */
  waitingSince: number;
}

export function createState(): PageState {
  return reactive<PageState>({
    phase: "start",
    problem: null,
    view: null,
    priming: false,
    opening: null,
    guide: false,
    again: false,
    agentOnline: true,
    agentLost: false,
    soundBlocked: false,
    challenge: null,
    tilt: null,
    endedBy: "",
    receipt: null,
    leaving: false,
    chatOpen: false,
    tick: "",
    waitingSince: 0,
  });
}

/** Streams are kept apart: Vue must not wrap browser objects. */
export interface Streams {
  agent: MediaStream | null;
  own: MediaStream | null;
  /** Counts changes of the own picture, for what depends on its tracks. */
  ownVersion: number;
  mirrored: boolean;
}

export function createStreams(): Streams {
  return shallowReactive<Streams>({ agent: null, own: null, ownVersion: 0, mirrored: true });
}
