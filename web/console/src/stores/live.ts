/** The desk's live end: one connection, the desk's room and the visit's room, and the call. */
import { reactive, shallowRef, watch } from "vue";

import { createCall, type CallClient, type CallState, type CallStats } from "../../../shared/rtc";
import { CLOSE_REPLACED as CODE_REPLACED, CLOSE_TAKEN_OVER as CODE_TAKEN_OVER } from "../../../shared/protocol";
import { createSignaling, type Body, type SignalingClient } from "../../../shared/signaling";
import { toast } from "../adapter/toast";
import * as staff from "../api/staff";
import * as visits from "../api/visits";
import type { AgentView, DeskView, Me, OfferView, QueueView, StepView } from "../api/views";
import { t } from "../locales";
import { problemText } from "../ui/problems";
import { alarm, refreshAlerts } from "./alerts";
import { approvalChanged } from "./approvals";
import { desk } from "./desk";
import { devices, openDevices, ownStream } from "./devices";
import { forget, stepEnded } from "./guide";
import { session, takeMe } from "./session";
import { apply, reload, show, visit } from "./visit";
import { putAway, work } from "./work";

export type Line = "off" | "connecting" | "open" | "reconnecting" | "taken" | "refused";

export const live = reactive({
  line: "off" as Line,
  call: "idle" as CallState,
  customerLeg: "new",
  stats: null as CallStats | null,
});
/** The customer's picture and sound. */
export const customerStream = shallowRef<MediaStream | null>(null);

const STATS_MS = 2000;
let client: SignalingClient | null = null;
let call: CallClient | null = null;
let visitRoom = "";
let entered = false; // the visit's room has answered: media may be asked for
let devicesAsked = false; // camera and microphone are open, or were refused
let statsTimer = 0;

const deskRoom = () => `desk:${session.me?.id ?? ""}`;

/** Draw the desk from the server's word and stay connected until `disconnect`. Raises ApiError. */
export async function connect(): Promise<void> {
  takeDesk(await staff.desk());
  void refreshAlerts();
  if (client) return;
  client = createSignaling(staff.ticket, {
    onState(state, code) {
      live.line = state === "closed" ? closedLine(code) : state;
      // Another window has the call now, or nobody: this one lets go of it.
      if (state === "closed") hangUpMedia();
    },
    onJoined: joined,
    onEvent: happened,
    onDirect: happened,
    onOffer: (offer) => void call?.offer(offer),
    onMedia(media) {
      if (media.leg === "customer") live.customerLeg = media.state;
    },
    onError(error) {
      if (error.room === visitRoom && error.code === "room_closed") hangUpMedia();
    },
  });
  client.join(deskRoom());
  if (visitRoom) client.join(visitRoom); // the visit in hand was known before the client was
  client.connect();
}

function closedLine(code: number): Line {
  if (code === CODE_TAKEN_OVER || code === CODE_REPLACED) return "taken";
  return code ? "refused" : "off";
}

export function disconnect(): void {
  leaveVisit();
  client?.close();
  client = null;
  live.line = "off";
}

/** Take the desk back from another window, or try again after a refusal. */
export async function reconnect(): Promise<void> {
  disconnect();
  await connect();
}

/** Enter a visit's room; while it is served, media follow as soon as the devices are open. Safe to repeat. */
export function enterVisit(id: string, withMedia = true): void {
  if (visitRoom === id) return;
  leaveVisit();
  visitRoom = id;
  // Each visit begins with the list: nothing of the last customer's business is carried over.
  if (work.actionId && !visit.view?.orders.some((one) => one.id === work.orderId)) putAway();
  entered = devicesAsked = false;
  forget();
  if (withMedia) startMedia(id);
  client?.join(id);
}

function startMedia(id: string): void {
  const mine = createCall(id, (message) => client?.post(message) ?? false, {
    onStream: (stream) => (customerStream.value = stream),
    onState: (state) => (live.call = state),
  });
  call = mine;
  void openDevices().then(() => {
    devicesAsked = true;
    if (call === mine) tellReady();
  });
  statsTimer = window.setInterval(() => void mine.stats().then((found) => (live.stats = found)), STATS_MS);
}

/** Both are needed before an offer is of use; whichever comes last asks for it. */
function tellReady(): void {
  if (entered && devicesAsked) call?.ready(ownStream.value);
}

function hangUpMedia(): void {
  window.clearInterval(statsTimer);
  call?.close();
  call = null;
  customerStream.value = null;
  live.call = "idle";
  live.stats = null;
  live.customerLeg = "new";
}

export function leaveVisit(): void {
  if (!visitRoom) return;
  hangUpMedia();
  client?.leave(visitRoom);
  visitRoom = "";
}

/** After another camera or microphone was opened: send that one. */
watch(ownStream, () => {
  if (!devices.opening && devicesAsked) tellReady();
});

function joined(room: string, snapshot: Body | null, anew = false): void {
  if (room === deskRoom()) {
    if (snapshot && "me" in snapshot) takeDesk(snapshot as unknown as DeskView);
    return;
  }
  if (room !== visitRoom) return;
  if (snapshot && "visit" in snapshot) show(snapshot as unknown as AgentView);
  if (entered) {
    call?.rejoined(anew);
  } else {
    entered = true;
    tellReady();
  }
}

function takeDesk(view: DeskView): void {
  takeMe(view.me);
  desk.queue = view.queue;
  desk.offer = view.offer;
  desk.loaded = true;
  show(view.visit);
  if (!view.visit) {
    leaveVisit();
    return;
  }
  const { id, state, aside } = view.visit.visit;
  enterVisit(id, state === "serving");
  // The desk comes back to the first of two holders: they are not to wait any more.
  if (aside) visits.turnTo(id).catch((cause: unknown) => toast("stop", problemText(cause)));
}

function happened(room: string, kind: string, body: Body): void {
  if (room === deskRoom()) deskEvent(kind, body);
  else if (room === visitRoom) visitEvent(kind, body);
}

function visitEvent(kind: string, body: Body): void {
  const before = visit.view?.visit.msisdn;
  const level = visit.view?.identity.level;
  apply(kind, body);
  // A comparison may arrive after the decision, which then no longer holds: the agent looks again.
  const verified = (held: string | undefined) => held === "L2" || held === "L3";
  if (verified(level) && !verified(visit.view?.identity.level)) {
    desk.pane = "identity";
    toast("wait", t("decision.again"));
  }
  // The operator's record is read with the visit: anew after it was changed, or named.
  const settled = kind === "order" && ["succeeded", "reversed"].includes(String(body["state"]));
  if (settled || visit.view?.visit.msisdn !== before) void readAgain();
  if (kind === "visit" && visit.view?.visit.state !== "serving") hangUpMedia();
  if (kind === "photo") toast("go", t("photo.new"));
  const step = kind === "step" ? (body["step"] as StepView | null) : null;
  if (step && step.state !== "pushed") {
    stepEnded(step).catch((cause: unknown) => toast("stop", problemText(cause)));
  }
}

function deskEvent(kind: string, body: Body): void {
  const raw: unknown = body;
  switch (kind) {
    case "me":
      takeMe(raw as Me);
      break;
    case "offer":
      desk.offer = raw as OfferView;
      break;
    case "offer_gone":
      if (desk.offer?.visit_id === body["visit_id"]) desk.offer = null;
      if (body["reason"] !== "declined") desk.missed = String(body["reason"] ?? "");
      break;
    case "queue":
      desk.queue = raw as QueueView;
      break;
    case "visit":
      if (body["visit_id"] !== visit.view?.visit.id) void refresh();
      break;
    case "referral":
      toast("wait", t(body["ask"] === "approval" ? "referral.approval_new" : "referral.new"));
      break;
    case "companion":
      void companionChanged(body["here"] === true);
      break;
    case "approval":
      void approvalChanged(String(body["state"] ?? ""));
      break;
    case "fraud":
    case "duress":
      void alarm(kind, String(body["visit_id"] ?? ""), body["on"] === true);
      break;
    default:
  }
}

/** A second holder came or left: who left is not looked at any more. */
async function companionChanged(here: boolean): Promise<void> {
  toast("wait", t(here ? "holders.came" : "holders.left"));
  await (visit.view?.visit.companion_of ? refresh() : readAgain());
}

async function readAgain(): Promise<void> {
  try {
    if (visitRoom) await reload(visitRoom);
  } catch (cause) {
    toast("stop", problemText(cause));
  }
}

async function refresh(): Promise<void> {
  try {
    takeDesk(await staff.desk());
  } catch (cause) {
    toast("stop", problemText(cause));
  }
}
